import { readFile } from 'node:fs/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Command, Option } from 'commander';
import type { Deps } from '../functions/mirror/deps.ts';
import { type Preview, preview } from '../functions/mirror/preview.ts';
import { parseChanges } from '../shared/change/parse.ts';
import { connectImages } from '../shared/config/connect.ts';
import { loadRegistries } from '../shared/config/load.ts';
import { newId } from '../shared/ledger/id.ts';
import { printable } from '../shared/printable.ts';
import { s3Bucket } from '../shared/source/bucket.ts';
import { SILENT } from '../shared/telemetry/telemetry.ts';
import { openRemote } from './main-repository.ts';
import { renderPatch } from './patch.ts';
import { describe } from './report.ts';
import { findRunning, localAws } from './running.ts';

interface Options {
  readonly repository?: string;
  readonly branch: string;
  readonly deployment?: string;
  readonly output: 'patch' | 'json';
}

/** `gitferry diff <event.json>`: the patch that an event would land. Ends with 0 for none, 1 for some, 2 for an error. */
export function diff(program: Command): void {
  program
    .command('diff')
    .summary('show the patch that an event would land')
    .description(
      'Shows, as a patch that git apply takes, what would land if this event came now; changes nothing. Exit status: 0 ' +
        'nothing would land, 1 something would, 2 an error. Registries are asked with GITFERRY_REGISTRY_CREDENTIALS.',
    )
    .argument('<event.json>', 'an event of S3 or ECR, or a change as gitferry sends it to itself')
    .addOption(new Option('-o, --output <form>', 'a patch, or JSON').choices(['patch', 'json']).default('patch'))
    .option('--repository <url>', 'another main repository; its bucket is asked with the ordinary credentials of AWS')
    .option('--branch <name>', 'its branch', 'main')
    .option('--deployment <name>', 'the deployment whose ledger counts')
    .action(async (file: string, options: Options, command: Command) => {
      if (options.repository !== undefined && options.deployment === undefined)
        command.error('error: with --repository, name the deployment too');
      try {
        const changes = parseChanges(await readFile(file, 'utf8'));
        const found = await preview(changes, await depsOf(options));
        show(found, options.output);
        process.exitCode = found.troubled.size > 0 ? 2 : found.commits.length > 0 ? 1 : 0;
      } catch (error) {
        console.error(describe(error, Boolean(process.env.DEBUG)));
        process.exitCode = 2;
      }
    });
}

export function show({ commits, events, troubled }: Preview, output: Options['output']): void {
  if (output === 'json') {
    const files = commits.map(({ message, files }) => ({ message, paths: files.map(({ path }) => path) }));
    console.log(
      JSON.stringify(
        { commits: files, events, patch: Buffer.from(renderPatch(commits), 'latin1').toString() },
        null,
        2,
      ),
    );
  } else process.stdout.write(Buffer.from(renderPatch(commits), 'latin1'));
  for (const event of events)
    if ('reason' in event)
      console.error(printable(`${event.type} ${event.unit ?? ''} (${event.reason}): ${event.message}`));
  for (const [unit, error] of troubled) console.error(printable(`${unit}: ${error.reason}: ${error.message}`));
}

/** All that planning reads, and nothing that it could change. */
export async function depsOf({
  repository,
  branch,
  deployment,
}: Pick<Options, 'repository' | 'branch' | 'deployment'>): Promise<Deps> {
  const running = repository === undefined ? await findRunning(process.cwd()) : null;
  const url = repository ?? running?.endpoints.git ?? '';
  const s3 = new S3Client(
    running === null ? {} : { ...localAws, endpoint: running.endpoints.s3, forcePathStyle: true },
  );
  const { registries, privateRegistries } = loadRegistries(process.env);
  const local = running?.endpoints.registry ? [new URL(running.endpoints.registry).host] : [];
  const remaining = (): number => 300_000;
  const about = { registriesSecret: null, registries, privateRegistries: [...privateRegistries, ...local] };
  return {
    deployment: deployment ?? running?.deployment ?? '',
    repository: url,
    branch: running?.branch ?? branch,
    remote: openRemote(url),
    bucket: s3Bucket(s3),
    images: connectImages(about, new SecretsManagerClient(), remaining),
    bus: { put: async () => undefined },
    signer: async () => null,
    budget: { units: 1000, bytes: 64 * 1024 * 1024 },
    now: () => new Date(),
    newId,
    remaining,
    pause: async () => undefined,
    backoff: async () => undefined,
    telemetry: SILENT,
    log: (message, facts) =>
      console.error(printable(`${message}: ${facts.source ?? facts.unit ?? ''}: ${facts.why ?? ''}`)),
  };
}
