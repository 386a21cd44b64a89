import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../build.ts';
import { BucketFolder } from './bucket-folder.ts';
import { DEFAULT_BUS, type Definitions, type FunctionDefinition, REGION, readDefinitions } from './definitions.ts';
import { type Endpoint, type ObjectChange, startEndpoint } from './endpoint.ts';
import { busEvent, EventBus, putEvents } from './event-bus.ts';
import { FunctionProcesses } from './function-process.ts';
import type { BusEvent } from './pattern.ts';
import { Poller } from './poller.ts';
import { CREDENTIALS, Queues } from './queues.ts';
import { s3Event } from './s3-event.ts';

/** What is to be seen of the embedded run, as it happens. */
export type Happening =
  | { readonly kind: 'event'; readonly bus: string; readonly event: BusEvent }
  | { readonly kind: 'invoked'; readonly name: string; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly name: string; readonly messages: number; readonly why: string };

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
  /** Of the endpoint; 0 takes any free one. */
  readonly port: number;
  /** Added to what the functions see of the environment: credentials. */
  readonly environment: Readonly<Record<string, string>>;
  readonly observe: (happening: Happening) => void;
}

export interface Stack {
  /** S3, SQS and EventBridge answer there. */
  readonly url: string;
  /** The url of the queue of changes. */
  readonly queue: string;
  /** Invokes what runs by a schedule now, and waits for it. */
  runSchedules(): Promise<void>;
  /**
   * Resolves when nothing is on its way any more: no file unread, no event undelivered, no message in a queue that a
   * function reads, no invocation. Throws when that takes longer.
   */
  settled(milliseconds?: number): Promise<void>;
  stop(): Promise<void>;
}

interface Running {
  readonly definition: FunctionDefinition;
  readonly processes: FunctionProcesses;
}

/** Starts the deployment on this machine, from the files that are deployed. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const folder = new BucketFolder(options.bucketFolder);
  let bus: EventBus;
  let definitions: Definitions;

  const endpoint = await startEndpoint({
    port: options.port,
    putEvents: (body) => putEvents(bus, definitions.buses, body),
    onChange: (change) => onChange(change),
  });
  const queues = new Queues(endpoint.url);
  definitions = await readDefinitions(options.root, variablesOf(options), (name) => queues.url(name));
  const functions = await startFunctions(definitions, endpoint, options);

  const deliver = async (arn: string, event: BusEvent): Promise<void> => {
    const running = functions.find(({ definition }) => definition.arn === arn);
    if (running === undefined) await queues.send(arn, JSON.stringify(event));
    else await trigger(running, event);
  };
  bus = new EventBus(definitions.rules, deliver, (name, event) => options.observe({ kind: 'event', bus: name, event }));

  const onChange = async (change: ObjectChange): Promise<void> => {
    const { bucket, key, object, byHand } = change;
    if (bucket !== options.bucket || (object === null && !byHand && !folder.has(key))) return;
    if (!byHand) await (object === null ? folder.remove(key) : folder.keep(key, object.bytes));
    if (definitions.buckets.includes(bucket)) bus.put(DEFAULT_BUS, s3Event(change));
  };

  const invoke = async ({ definition: { name }, processes }: Running, event: unknown): Promise<unknown> => {
    const begun = performance.now();
    const answer = await processes.invoke(event);
    options.observe({ kind: 'invoked', name, milliseconds: performance.now() - begun });
    return answer;
  };
  /** As events and schedules invoke: nobody waits for an answer. */
  const trigger = async (running: Running, event: BusEvent): Promise<void> => {
    try {
      await invoke(running, event);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      options.observe({ kind: 'failed', name: running.definition.name, messages: 0, why });
    }
  };

  await createBucket(endpoint.url, options.bucket);
  for (const { key, bytes } of await folder.load()) await endpoint.load(options.bucket, key, bytes);
  for (const queue of definitions.queues) await queues.create(queue);

  const pollers = functions.flatMap((running) =>
    running.definition.queues.map((source) => {
      const failed = (messages: number, why: string): void =>
        options.observe({ kind: 'failed', name: running.definition.name, messages, why });
      return new Poller(source, queues, (event) => invoke(running, event), failed);
    }),
  );
  const runSchedule = async (running: Running): Promise<void> => {
    const event = busEvent({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
    await trigger(running, event);
  };
  const clocks = functions.flatMap((running) =>
    running.definition.schedules.map((rate) => setInterval(() => runSchedule(running), rate)),
  );
  if (options.watch) folder.watch(({ key, bytes }) => endpoint.change(options.bucket, key, bytes));

  const read = functions.flatMap(({ definition }) => definition.queues.map(({ queueArn }) => queueArn));
  const busy = async (): Promise<boolean> => {
    if (folder.busy || bus.underWay > 0 || functions.some(({ processes }) => processes.running > 0)) return true;
    const depths = await Promise.all(read.map((arn) => queues.depth(arn)));
    return depths.some((depth) => depth > 0);
  };

  return {
    url: endpoint.url,
    queue: queues.urlOfArn(read[0] ?? ''),
    runSchedules: async () => {
      await Promise.all(functions.filter(({ definition }) => definition.schedules.length > 0).map(runSchedule));
    },
    settled: async (milliseconds = 30_000) => {
      const deadline = Date.now() + milliseconds;
      while ((await busy()) || (await busy())) {
        if (Date.now() > deadline) throw new Error(`Something is still on its way after ${milliseconds} ms.`);
        await new Promise((done) => setTimeout(done, 20));
      }
    },
    stop: async () => {
      for (const clock of clocks) clearInterval(clock);
      await folder.stop();
      await Promise.all(pollers.map((poller) => poller.stop()));
      await Promise.all(functions.map(({ processes }) => processes.stop()));
      queues.close();
      await endpoint.close();
    },
  };
}

/** Credentials come by the environment, not from a secret store that isn't there. */
function variablesOf({ deployment, repository, branch, bucket }: StackOptions) {
  const secrets = { 'git-secret': '', 'git-read-secret': '', 'signing-secret': '' };
  return { stage: deployment, parameters: { repository, branch, bucket, ...secrets } };
}

/** Bundles the functions as they are deployed; those without a handler are not there. */
async function startFunctions(
  { functions }: Definitions,
  endpoint: Endpoint,
  options: StackOptions,
): Promise<readonly Running[]> {
  await mkdir(options.folder, { recursive: true });
  const aws = {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_S3: endpoint.url,
    AWS_ENDPOINT_URL_SQS: endpoint.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: endpoint.url,
  };
  return Promise.all(
    functions.map(async (definition) => {
      const { name, arn, timeout, memory } = definition;
      const file = join(options.folder, 'functions', `${name}.cjs`);
      await bundle(join(options.code ?? options.root, `${definition.file}.ts`), file);
      const environment = { ...definition.environment, ...aws, ...options.environment };
      const log = join(options.folder, `${name}.log`);
      return { definition, processes: new FunctionProcesses({ name, arn, timeout, memory, file, environment, log }) };
    }),
  );
}

async function createBucket(endpoint: string, bucket: string): Promise<void> {
  const answer = await fetch(`${endpoint}/${bucket}`, { method: 'PUT' });
  if (!answer.ok) throw new Error(`${bucket} can't be a bucket's name: ${await answer.text()}`);
}
