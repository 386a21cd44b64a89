import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Deps } from '../../functions/mirror/deps.ts';
import { type Message, type Queue, sqsQueue } from '../../functions/mirror/queue.ts';
import { run } from '../../functions/mirror/run.ts';
import { startEndpoint } from '../../infra/local/endpoint.ts';
import { formatChange } from '../../shared/change/own.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { newId } from '../../shared/ledger/id.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import { type Bucket, s3Bucket } from '../../shared/source/bucket.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { MemoryImages } from '../simulation/memory-images.ts';
import type { Files } from './git-repository.ts';
import { type GitServer, type GitServerOptions, startGitServer } from './git-server.ts';
import { BUCKET, CONFIG } from './stack.ts';

export const LEDGER = 'refs/heads/gitferry-ledger/test/main';

/** Everything that `mirror` does to the world outside, in the order in which it does it. */
export type Effect = 'note' | 'push' | 'announce' | 'delete';

/** Called around each effect; what never returns is a crash. */
export type Around = (effect: Effect, when: 'before' | 'after') => Promise<void>;

export interface Invocation {
  readonly around?: Around;
  readonly deps?: Partial<Deps>;
}

/** `mirror` in this process, before a real Git server and the S3 and SQS of the embedded run. */
export interface Ferry {
  readonly server: GitServer;
  readonly bucket: Bucket;
  /** The registry. */
  readonly images: MemoryImages;
  /** What was told. */
  readonly notices: Notice[];
  /** What was logged, a line each. */
  readonly logged: string[];
  /** For how many seconds messages were put off; here they come back at once. */
  readonly postponed: number[];
  put(key: string, bytes: Uint8Array | string): Promise<string>;
  remove(key: string): Promise<void>;
  object(key: string): Promise<string | null>;
  /** Sends a body to the changes queue. */
  send(body: string): Promise<void>;
  /** Sends "look there" for each key. */
  tell(...keys: readonly string[]): Promise<void>;
  /** One invocation, with up to ten messages, as Lambda's event source makes it; null when none waits. */
  invoke(invocation?: Invocation): Promise<SQSBatchResponse | null>;
  /** What Lambda does when an invocation ended without an answer: its messages are visible again. */
  returnMessages(): Promise<void>;
  /** Messages that wait or are hidden. */
  depth(): Promise<number>;
  purge(): Promise<void>;
  /** Summaries of the commits by gitferry, oldest first. */
  releases(): Promise<string[]>;
  /** All events of the ledger, oldest first. */
  events(): Promise<Readonly<Record<string, unknown>>[]>;
  /** How many pushes the server was sent. */
  pushes(): number;
  close(): Promise<void>;
}

export async function startFerry(options: GitServerOptions = {}, files: Files = {}, config = CONFIG): Promise<Ferry> {
  const server = await startGitServer({ 'gitferry.yaml': config, ...files }, options);
  const endpoint = await startEndpoint({
    port: 0,
    onChange: async () => {},
    modified: () => null,
    putEvents: () => ({}),
  });
  const about = {
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  };
  const s3 = new S3Client({ ...about, forcePathStyle: true });
  const sqs = new SQSClient(about);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: 'changes', Attributes: { VisibilityTimeout: '600' } }),
  );
  const queue = sqsQueue(sqs, QueueUrl);
  const bucket = s3Bucket(s3);
  const images = new MemoryImages();
  const notices: Notice[] = [];
  const logged: string[] = [];
  const postponed: number[] = [];
  let held: Message[] = [];

  const depsOf = (around: Around, given: Partial<Deps>): Deps => {
    const remote = given.remote ?? new SmartHttp({ url: server.url, memory: newMemory() });
    const effect = async <T>(name: Effect, work: () => Promise<T>): Promise<T> => {
      await around(name, 'before');
      const result = await work();
      await around(name, 'after');
      return result;
    };
    return {
      deployment: 'test',
      images,
      repository: server.url,
      branch: 'main',
      signer: async () => null,
      budget: { units: 1000, bytes: 64 * 2 ** 20 },
      now: () => new Date(),
      newId,
      remaining: () => 60_000,
      pause: async () => {},
      backoff: async () => {},
      telemetry: SILENT,
      log: (...line) => logged.push(JSON.stringify(line)),
      ...given,
      remote: {
        tips: (refs) => remote.tips(refs),
        open: (...where) => remote.open(...where),
        fetch: (...what) => remote.fetch(...what),
        log: (tip, until) => remote.log(tip, until),
        push: (moves, objects) => effect('push', () => remote.push(moves, objects)),
      },
      bucket: { ...bucket, ...given.bucket, put: (...note) => effect('note', () => bucket.put(...note)) },
      bus: given.bus ?? { put: (told) => effect('announce', async () => void notices.push(...told)) },
    };
  };

  const ferry: Ferry = {
    server,
    bucket,
    images,
    notices,
    logged,
    postponed,

    async put(Key, Body) {
      const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
      return ETag.replaceAll('"', '');
    },
    async remove(Key) {
      await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
    },
    async object(Key) {
      const answer = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key })).catch(() => null);
      return (await answer?.Body?.transformToString()) ?? null;
    },
    async send(MessageBody) {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    },
    async tell(...keys) {
      for (const key of keys) await ferry.send(formatChange({ kind: 'object', bucket: BUCKET, key }));
    },

    async invoke({ around = async () => {}, deps = {} } = {}) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
      );
      if (Messages.length === 0) return null;
      const given = Messages.map(
        ({ MessageId: id = '', Body: body = '', ReceiptHandle: receipt = '', Attributes }): Message => {
          const { SentTimestamp: sent, ApproximateReceiveCount: received } = Attributes ?? {};
          return { id, body, receipt, sent: Number(sent), received: Number(received) };
        },
      );
      held.push(...given);
      const watched: Queue = {
        async drain(most) {
          const drained = await queue.drain(most);
          held.push(...drained);
          return drained;
        },
        async remove(messages) {
          if (messages.length === 0) return;
          await around('delete', 'before');
          await queue.remove(messages);
          held = held.filter((message) => !messages.includes(message));
          await around('delete', 'after');
        },
        postpone: (message, seconds) => {
          postponed.push(seconds);
          return queue.postpone(message, 0);
        },
      };
      const answer = await run(eventOf(given), watched, depsOf(around, deps));
      const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      await watched.remove(given.filter(({ id }) => !failed.has(id)));
      held = held.filter((message) => !given.includes(message));
      return answer;
    },

    async returnMessages() {
      for (const message of held.splice(0)) await queue.postpone(message, 0);
    },
    async depth() {
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      return Number(Attributes.ApproximateNumberOfMessages) + Number(Attributes.ApproximateNumberOfMessagesNotVisible);
    },
    async purge() {
      await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    },
    async releases() {
      const log = await server.repository.git('log', '--reverse', '--format=%s', '--grep=^Gitferry-Release: ', 'main');
      return log === '' ? [] : log.split('\n');
    },
    async events() {
      const commits = (await server.repository.git('rev-list', '--reverse', LEDGER)).split('\n');
      const input = Buffer.from(commits.map((oid) => `${oid}:events.json\n`).join(''));
      const lines = (await server.repository.gitBytes(input, 'cat-file', '--batch')).toString();
      return [...lines.matchAll(/^\{$[\s\S]*?^\}$/gmu)].flatMap(([text]) => JSON.parse(text).events);
    },
    pushes: () =>
      server.requests.filter(({ line }) => line.startsWith('POST') && line.endsWith('/git-receive-pack')).length,
    async close() {
      s3.destroy();
      sqs.destroy();
      await endpoint.close();
      await server.close();
    },
  };
  return ferry;
}

/** Lambda's SQS event. */
function eventOf(messages: readonly Message[]): SQSEvent {
  return {
    Records: messages.map(({ id, body, receipt, sent, received }) => ({
      messageId: id,
      body,
      receiptHandle: receipt,
      attributes: {
        ApproximateReceiveCount: String(received),
        SentTimestamp: String(sent),
        SenderId: '',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: '',
      awsRegion: 'us-east-1',
    })),
  };
}
