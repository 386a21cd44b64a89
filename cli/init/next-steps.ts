import type { Answers } from './questions.ts';

/** Secrets by their parameters: what one holds, and the file that its value is read from. */
const SECRETS: readonly (readonly [parameter: string, file: string, holds: string])[] = [
  ['git-secret', 'git.json', '{"token": "…"} or {"username": "…", "password": "…"}, which may push'],
  ['git-read-secret', 'git-read.json', 'the same, which need only read'],
  ['webhook-secret', 'webhooks.json', 'for registries other than ECR alone, see docs/webhooks.md'],
  ['signing-secret', 'signing-key', 'a private key: ssh-keygen -t ed25519 -N "" -C gitferry -f signing-key'],
  ['registry-secret', 'registries.json', '{"<host>": {"username": "…", "password": "…"}}'],
  ['nudge-secret', 'nudges.json', 'see docs/clusters.md#without-a-clusters-api'],
  ['notify-secret', 'notify.json', 'see docs/notifications.md'],
];

/** What a person does next, as commands in the order in which they are to be run. None holds the value of a secret. */
export function nextSteps(answers: Answers, config: string): string {
  const { repository, branch, stage, region, clusters = '' } = answers;
  const secret = (name: string, file: string, holds: string): string[] => [
    `   # ${holds}`,
    `   aws secretsmanager create-secret --region ${region} --name ${name} --secret-string file://${file}`,
  ];
  const kubeconfigs = clusters
    .split(',')
    .map((entry) => /^\s*secret:(.*?)\s*$/u.exec(entry)?.[1])
    .filter((name) => name !== undefined)
    .flatMap((name) =>
      ['nudge', 'verify'].map((of) => [`${name}/${of}`, `${of}.yaml`, `a kubeconfig of gitferry:${of}`]),
    );
  const named = SECRETS.flatMap(([parameter, ...rest]) => (answers[parameter] ? [[answers[parameter], ...rest]] : []));
  const lines = [
    'Next:',
    '1. Create the secrets. Write their values into files that only you can read, and remove these afterwards.',
    ...[...named, ...kubeconfigs].flatMap(([name = '', file = '', holds = '']) => secret(name, file, holds)),
    `2. Commit ${config} to ${branch} of ${repository}, at its root and named gitferry.yaml.`,
    '3. Deploy, from the folder of serverless.yml, with serverless.params.yml there:',
    '   npm ci',
    `   npx serverless deploy --stage ${stage} --region ${region}`,
  ];
  if (clusters !== '') lines.push('4. Let the functions into the clusters: docs/clusters.md.');
  return lines.join('\n');
}
