import { createRequire } from 'node:module';
import { outcome } from '../../shared/change/verdict.ts';
import { METRICS } from '../../shared/telemetry/telemetry.ts';

/** So many of what has a price. */
export interface Use {
  readonly price: string;
  readonly amount: number;
  /** What is counted. */
  readonly of: string;
  /** Whether only some deployments have it. */
  readonly optional?: true;
}

/** What a deployment of one main repository and one cluster has, counted in what it is made of. */
interface Deployed {
  /** MiB of each function. */
  readonly memory: Readonly<Record<string, number>>;
  /** Queues that Lambda reads for a function. */
  readonly polled: number;
  /** What alarms look at: one that computes is billed by its metrics. */
  readonly alarms: number;
  readonly dashboards: number;
  readonly metrics: number;
  /** What is added to these by a bucket for the copy of the ledger. */
  readonly archive: Readonly<Record<'alarms' | 'metrics', number>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly Metrics?: readonly { readonly MetricStat?: object }[] };
}
interface Definition {
  readonly memorySize: number;
  readonly events: readonly { readonly sqs?: object }[];
}
type Make<Made> = Readonly<Record<string, (serverless: object) => Promise<Made>>>;

const { functions, resources } = createRequire(import.meta.url)('../deployment.cjs') as {
  readonly functions: Make<Readonly<Record<string, Definition>>>;
  readonly resources: Make<{ readonly Resources: Readonly<Record<string, Resource>> }>;
};

export async function readDeployed(): Promise<Deployed> {
  const [plain, archiving] = await Promise.all([count(), count('ledger-bucket=acme-ledger')]);
  const { memory, alarms, metrics } = archiving;
  return { ...plain, memory, archive: { alarms: alarms - plain.alarms, metrics: metrics - plain.metrics } };
}

async function count(...more: readonly string[]): Promise<Omit<Deployed, 'archive'>> {
  const param = ['repository=https://github.com/acme/fleet', 'bucket=acme-releases', 'clusters=eks:acme', ...more];
  const serverless = { options: { stage: 'production', param, paramFile: null } };
  const made = <Made>(from: Make<Made>) => Promise.all(Object.values(from).map((make) => make(serverless)));
  const defined = Object.entries(Object.assign({}, ...(await made(functions))) as Record<string, Definition>);
  const all = (await made(resources)).flatMap(({ Resources }) => Object.values(Resources));
  const ofType = (type: string) => all.filter(({ Type }) => Type === type);
  const watched = ({ Properties: { Metrics } }: Resource) =>
    Metrics?.filter(({ MetricStat }) => MetricStat).length ?? 1;
  return {
    memory: Object.fromEntries(defined.map(([name, { memorySize }]) => [name, memorySize])),
    polled: defined.flatMap(([, { events }]) => events.filter(({ sqs }) => sqs)).length,
    alarms: sum(ofType('AWS::CloudWatch::Alarm').map(watched)),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
    // Each set of dimensions is one: a verdict's outcomes, and the cold starts of each function.
    metrics: Object.keys(METRICS).length - 1 + outcome.options.length + defined.length,
  };
}

/** How often a function runs and for how many seconds each time. Seconds are generous: see the page. */
interface Runs {
  readonly name: string;
  readonly times: number;
  readonly seconds: number;
}

/** Looks until a verdict, when a release is through after about a minute. */
const LOOKS = 10;
const RELEASE: readonly Runs[] = [
  { name: 'mirror', times: 2, seconds: 2 },
  { name: 'nudge', times: 1, seconds: 1 },
  { name: 'verify', times: LOOKS, seconds: 1 },
  { name: 'notify', times: 2, seconds: 1 },
];
/** Upload and verdict; the looks and the landing; the landing and the verdict as notices. */
const MESSAGES = 2 + (LOOKS + 1) + 2;
/** Minutes in a month of 730 hours. */
const MINUTES = 730 * 60;
const SWEEPS: Runs = { name: 'sweep', times: MINUTES / 15, seconds: 10 };
/** Each sweep asks for another run, for the cluster alone. */
const RUNS: Runs = { ...SWEEPS, times: 2 * SWEEPS.times };
const COPIES: Runs = { name: 'archive', times: 2, seconds: 2 };
const CHECKS: Runs = { name: 'archive', times: MINUTES / 60, seconds: 2 };
/** GB that one run writes to its log: what it did, its metrics, and Lambda's own lines. */
const LOG = 4e-6;

const gigabytes = (memory: Deployed['memory'], { name, times, seconds }: Runs) =>
  (times * seconds * (memory[name] ?? 0)) / 1024;
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** Of one release that comes alone, and lands and is delivered in one cluster. */
export function perRelease({ memory }: Deployed): readonly Use[] {
  const runs = sum(RELEASE.map(({ times }) => times));
  return [
    {
      price: 'lambda-request',
      amount: runs,
      of: `runs: ${RELEASE.map(({ name, times }) => `${name} ${times}`).join(', ')}`,
    },
    {
      price: 'lambda-second',
      amount: sum(RELEASE.map((each) => gigabytes(memory, each))),
      of: RELEASE.map(({ name, times, seconds }) => `${name} ${times} × ${seconds} s × ${memory[name]} MiB`).join(', '),
    },
    {
      price: 'sqs-request',
      amount: 3 * MESSAGES + 2,
      of: `${MESSAGES} messages sent, taken and deleted; mirror looks for more twice`,
    },
    { price: 'event', amount: 4, of: 'the upload or push, Landed, Verdict and one more' },
    { price: 'table-write', amount: LOOKS + 2, of: 'a write for each look and notice' },
    { price: 'table-read', amount: LOOKS + 2, of: 'a read for each look and notice' },
    { price: 's3-write', amount: 2, of: 'lists' },
    { price: 's3-read', amount: 4, of: 'the object, and what stands there afterwards' },
    { price: 'secret-read', amount: runs + 2, of: 'one for each run, and the signing key' },
    { price: 'log-gigabyte', amount: runs * LOG, of: `${runs} runs × ${LOG * 1e6} kB` },
    { price: 'notice', amount: 2, of: 'messages to a topic', optional: true },
    { price: 'lambda-second', amount: gigabytes(memory, COPIES), of: 'copying the ledger', optional: true },
    { price: 'secret-read', amount: COPIES.times, of: 'copying the ledger: one for each run', optional: true },
    { price: 's3-write', amount: 3, of: 'records in the bucket of the ledger', optional: true },
    {
      price: 'key-use',
      amount: 2 * MESSAGES + 2 * LOOKS,
      of: 'with a KMS key: uses for messages and rows',
      optional: true,
    },
  ];
}

/** Of a month in which nothing is released. */
export function perMonth({ memory, polled, alarms, dashboards, metrics, archive }: Deployed): readonly Use[] {
  return [
    {
      price: 'sqs-request',
      amount: polled * 5 * 3 * MINUTES,
      of: `${polled} queues × 5 pollers × 3 a minute × ${MINUTES.toLocaleString('en')} minutes`,
    },
    { price: 'lambda-request', amount: RUNS.times, of: 'sweeps, every 15 minutes: one, and one for the cluster' },
    {
      price: 'lambda-second',
      amount: gigabytes(memory, RUNS),
      of: `${RUNS.times.toLocaleString('en')} × ${RUNS.seconds} s × ${memory.sweep} MiB`,
    },
    { price: 'event', amount: SWEEPS.times, of: 'by which a sweep asks for that of the cluster' },
    { price: 'table-write', amount: SWEEPS.times, of: 'what was found in the cluster' },
    { price: 'table-read', amount: SWEEPS.times, of: 'what was found there before' },
    { price: 's3-write', amount: 2 * SWEEPS.times, of: 'two lists a sweep: up to 2,000 objects' },
    { price: 'secret-read', amount: 2 * RUNS.times, of: 'two for each of these runs' },
    { price: 'log-gigabyte', amount: RUNS.times * LOG, of: `${LOG * 1e6} kB for each` },
    { price: 'secret', amount: 4, of: 'Git twice, webhooks, signing' },
    { price: 'metric', amount: metrics, of: 'all of ours, as if each was written in every hour' },
    { price: 'alarm', amount: alarms, of: 'what alarms look at' },
    { price: 'dashboard', amount: dashboards, of: 'dashboard' },
    { price: 'lambda-second', amount: gigabytes(memory, CHECKS), of: 'copying the ledger, every hour', optional: true },
    { price: 'secret-read', amount: CHECKS.times, of: 'copying the ledger: one for each run', optional: true },
    { price: 'metric', amount: archive.metrics, of: 'cold starts of archive', optional: true },
    { price: 'alarm', amount: archive.alarms, of: 'the alarm of archive', optional: true },
    { price: 'key', amount: 1, of: 'with kms-key=create', optional: true },
  ];
}
