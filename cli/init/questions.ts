import { parameter } from './parameters.ts';

/** By name of the question: parameters of the deployment, and `stage` and `region`. */
export type Answers = Readonly<Record<string, string>>;

export interface Question {
  /** Also the name of its option. */
  readonly name: string;
  readonly message: string;
  /** Its default, for whom nobody asked; undefined where one has to be said. */
  readonly initial?: (answers: Answers) => string | undefined;
  /** A likely answer, for a person to confirm or by --yes; undefined where nothing suggests one. */
  readonly suggestion?: (answers: Answers) => string | undefined;
  /** What to choose from; else it is a text. */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  /** Whether it matters, after what was answered before. */
  readonly matters?: (answers: Answers) => boolean;
}

/** What the surroundings suggest. */
export interface Surroundings {
  readonly region: string | undefined;
  /** The https address of the repository that gitferry.yaml is written into; undefined when that is none. */
  readonly origin: string | undefined;
}

/** All that `gitferry init` asks, in its order. */
export function questionsFor({ region, origin }: Surroundings): readonly Question[] {
  return [
    {
      name: 'repository',
      message: 'The main repository, such as https://github.com/acme/fleet',
      suggestion: () => origin,
    },
    plain('branch', 'The branch of it that the cluster follows'),
    { name: 'stage', message: 'The name of the deployment', initial: () => 'production' },
    { name: 'region', message: 'The region of AWS', initial: () => region },
    {
      ...plain('create-bucket', 'The bucket that CI drops charts and configuration into'),
      choices: [
        { value: 'true', label: 'is made by the deployment' },
        { value: 'false', label: 'exists already' },
      ],
    },
    { name: 'bucket', message: 'The name of that bucket', suggestion: suggestBucket },
    plain('git-secret', 'The secret with Git credentials that can write'),
    plain('git-read-secret', 'The secret with Git credentials that need only read'),
    {
      ...plain('webhooks', 'Webhooks of registries other than ECR'),
      choices: [
        { value: 'true', label: 'are taken, at a public address' },
        { value: 'false', label: 'are not, and there is no public address: for ECR and S3 alone' },
      ],
    },
    {
      ...plain('webhook-secret', 'The secret with those of the registries’ webhooks'),
      matters: ({ webhooks }) => webhooks !== 'false',
    },
    plain('signing-secret', 'The secret with a key to sign commits with'),
    plain('registry-secret', 'The secret with credentials of registries other than ECR'),
    plain('private-registries', 'Registries inside a private network, host or host:port'),
    plain('clusters', 'Clusters to follow releases in: eks:<name>, eks:<name>@<region>, secret:<name>'),
    { ...plain('nudge-secret', 'The secret with others to tell of a landing'), matters: ({ clusters }) => !clusters },
    plain('topic', 'The ARN of a topic of SNS that tells people'),
    plain('notify-secret', 'The secret with webhooks and tokens that people are told by'),
    plain('ledger-bucket', 'A bucket for a copy of the ledger, under Object Lock'),
    {
      ...plain('create-ledger-bucket', 'The bucket of the ledger'),
      choices: [
        { value: 'true', label: 'is made by the deployment' },
        { value: 'false', label: 'exists already, with Object Lock' },
      ],
      matters: ({ 'ledger-bucket': bucket }) => Boolean(bucket),
    },
  ];
}

function plain(name: string, message: string): Question {
  return { name, message, initial: ({ stage = '' }) => (parameter(name).default ?? '').replaceAll('<stage>', stage) };
}

/** `acme-releases` for https://github.com/acme/fleet; nothing where that can't be the name of a bucket. */
function suggestBucket({ repository }: Answers): string | undefined {
  const owner = URL.parse(repository ?? '')?.pathname.split('/')[1];
  const name = `${owner?.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '-')}-releases`;
  return owner !== undefined && new RegExp(parameter('bucket').pattern ?? '', 'u').test(name) ? name : undefined;
}
