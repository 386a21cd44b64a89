import { BucketFolder } from './bucket-folder.ts';
import { type Definitions, REGION, readDefinitions } from './definitions.ts';
import { startEndpoint } from './endpoint.ts';
import { EventBus, putEvents } from './event-bus.ts';
import { serveFunction } from './function-url.ts';
import { Functions } from './functions.ts';
import type { Happening } from './happening.ts';
import { Poller } from './poller.ts';
import { CREDENTIALS, Queues } from './queues.ts';
import { s3Event } from './s3-event.ts';
import { DEFAULT_BUS } from './shapes.ts';
import { startTables } from './tables.ts';
import { faultsOf, type Variables } from './variables.ts';

export interface StackOptions {
  /** Where serverless.yml stands. */
  readonly root: string;
  /** Where the handlers stand; the root unless a test brings its own. */
  readonly code?: string;
  /** Bundles, logs and state of this run. */
  readonly folder: string;
  /** The bucket's objects as files. */
  readonly bucketFolder: string;
  /** Whether files put there by hand are uploads. */
  readonly watch: boolean;
  readonly bucket: string;
  readonly deployment: string;
  /** The main repository, https or loopback. */
  readonly repository: string;
  readonly branch: string;
  /** A file like serverless.params.yml, for what is not said here: further main repositories. */
  readonly paramFile?: string;
  /** Of the endpoint; 0 takes any free one. */
  readonly port: number;
  /** Added to what the functions see of the environment: credentials. */
  readonly environment: Readonly<Record<string, string>>;
  /** The same for single functions, by their names: each has a role of its own. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly observe: (happening: Happening) => void;
  /** Milliseconds before events are given to functions again that failed; as in the cloud, unless a test says so. */
  readonly retries?: readonly number[];
}

export interface Stack {
  /** S3, SQS, SNS and EventBridge answer there. */
  readonly url: string;
  /** DynamoDB answers there. */
  readonly tablesUrl: string;
  /** The url of the queue of changes. */
  readonly queue: string;
  /** Where `receive` takes webhooks, without a slash at its end. */
  readonly receiveUrl: string;
  /** Invokes what runs by a schedule now, and waits for it. */
  runSchedules(): Promise<void>;
  /**
   * Resolves when nothing is on its way any more: no file unread, no event undelivered, no message in a queue that a
   * function reads, no invocation. What is only due later, such as the next look at a release, is not on its way. Throws
   * when that takes longer.
   */
  settled(milliseconds?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the deployment on this machine, from the files that are deployed. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { bucket, observe } = options;
  const variables = variablesOf(options);
  const faults = await faultsOf(variables);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  // What was started before something failed is stopped again, the last first.
  await using started = new AsyncDisposableStack();
  const folder = new BucketFolder(options.bucketFolder);
  let bus: EventBus;
  let definitions: Definitions;

  const endpoint = await startEndpoint({
    port: options.port,
    putEvents: (body) => putEvents(bus, definitions.buses, body),
    modified: (name, key) => (name === bucket ? folder.modified(key) : null),
    onChange: async (change) => {
      const { key, object, byHand } = change;
      if (change.bucket !== bucket || (object === null && !byHand && !folder.has(key))) return;
      if (!byHand) await (object === null ? folder.remove(key) : folder.keep(key, object.bytes));
      if (definitions.buckets.includes(bucket)) bus.put(DEFAULT_BUS, s3Event(change));
    },
  });
  started.defer(() => endpoint.close());
  const queues = new Queues(endpoint.url);
  started.defer(() => queues.close());

  definitions = await readDefinitions(options.root, variables, (name) => queues.url(name));
  const tables = await startTables(definitions.tables);
  started.defer(() => tables.close());
  const functions = await Functions.start(definitions.functions, {
    root: options.code ?? options.root,
    folder: options.folder,
    environment: { ...awsAt(endpoint.url), AWS_ENDPOINT_URL_DYNAMODB: tables.url, ...options.environment },
    ...(options.environments === undefined ? {} : { environments: options.environments }),
    ...(options.retries === undefined ? {} : { retries: options.retries }),
    observe,
  });
  started.defer(() => functions.stop());
  bus = new EventBus(
    definitions.rules,
    (arn, event) => (functions.has(arn) ? functions.trigger(arn, event) : queues.send(arn, JSON.stringify(event))),
    (name, event) => observe({ kind: 'event', bus: name, event }),
  );

  for (const name of [bucket, ...definitions.silentBuckets]) await createBucket(endpoint.url, name);
  for (const { key, bytes } of await folder.load()) await endpoint.load(bucket, key, bytes);
  for (const queue of definitions.queues) await queues.create(queue);

  const sources = definitions.functions.flatMap(({ arn, name, queues: read }) =>
    read.map((source) => ({ arn, name, source })),
  );
  const pollers = sources.map(({ arn, name, source }) => {
    const failed = (messages: number, why: string): void => observe({ kind: 'failed', name, messages, why });
    return new Poller(source, queues, (event) => functions.invoke(arn, event), failed);
  });
  started.defer(async () => {
    await Promise.all(pollers.map((poller) => poller.stop()));
  });

  const urls = new Map<string, string>();
  for (const { arn, name } of definitions.functions.filter(({ url }) => url)) {
    const failed = (why: string): void => observe({ kind: 'failed', name, messages: 0, why });
    const served = await serveFunction((event) => functions.invoke(arn, event), failed);
    started.defer(() => served.close());
    urls.set(name, served.url);
  }

  const scheduled = definitions.functions.flatMap(({ arn, schedules }) => schedules.map((rate) => ({ arn, rate })));
  const clocks = scheduled.map(({ arn, rate }) => setInterval(() => functions.runScheduled(arn), rate));
  started.defer(() => clocks.forEach(clearInterval));
  if (options.watch) folder.watch(({ key, bytes }) => endpoint.change(bucket, key, bytes));
  started.defer(() => folder.stop());

  const busy = async (): Promise<boolean> => {
    if (folder.busy || bus.underWay > 0 || functions.busy) return true;
    const depths = await Promise.all(sources.map(({ source }) => queues.depth(source.queueArn)));
    return depths.some((depth) => depth > 0);
  };
  const running = started.move();
  return {
    url: endpoint.url,
    tablesUrl: tables.url,
    queue: queues.urlOfArn(sources[0]?.source.queueArn ?? ''),
    receiveUrl: urls.get('receive') ?? '',
    runSchedules: async () => {
      await Promise.all(scheduled.map(({ arn }) => functions.runScheduled(arn)));
    },
    settled: async (milliseconds = 30_000) => {
      const deadline = Date.now() + milliseconds;
      // Twice: a message may be between the bus, the queue and the function while one of them is asked.
      while ((await busy()) || (await busy())) {
        if (Date.now() > deadline) throw new Error(`Something is still on its way after ${milliseconds} ms.`);
        await new Promise((done) => setTimeout(done, 20));
      }
    },
    stop: () => running.disposeAsync(),
  };
}

/** Credentials come by the environment, not from a secret store that isn't there. */
function variablesOf({ deployment, repository, branch, bucket, paramFile }: StackOptions): Variables {
  const secrets = {
    'git-secret': '',
    'git-read-secret': '',
    'signing-secret': '',
    'registry-secret': '',
    'webhook-secret': '',
    'nudge-secret': '',
    'notify-secret': '',
  };
  const parameters = { repository, branch, bucket, ...secrets };
  return { stage: deployment, parameters, ...(paramFile === undefined ? {} : { paramFile }) };
}

/** Leads the AWS clients of the functions to this machine. */
function awsAt(url: string): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_S3: url,
    AWS_ENDPOINT_URL_SQS: url,
    AWS_ENDPOINT_URL_SNS: url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: url,
  };
}

async function createBucket(endpoint: string, bucket: string): Promise<void> {
  const answer = await fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
  if (!answer.ok) throw new Error(`${bucket} can't be a bucket's name: ${await answer.text()}`);
}
