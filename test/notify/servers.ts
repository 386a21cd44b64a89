import { createServer } from 'node:http';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { topicChannel } from '../../functions/notify/channels/topic.ts';
import { type Deps, notify } from '../../functions/notify/notify.ts';
import { startEndpoint } from '../../infra/local/endpoint.ts';
import type { Notifications } from '../../shared/config/notify.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';

export interface Taken {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A server on the loopback interface that takes what is posted, until it is told to answer otherwise. */
export interface Post {
  readonly url: string;
  /** What it answered with a status below 300. */
  readonly taken: Taken[];
  readonly asked: Taken[];
  /** Null: it closes connections without an answer. */
  status: number | null;
  headers: Record<string, string>;
  close(): Promise<void>;
}

export async function startPost(): Promise<Post> {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const one = { path: `${request.method} ${request.url}`, headers: request.headers, body };
    post.asked.push(one);
    if (post.status === null) return void request.socket.destroy();
    if (post.status < 300) post.taken.push(one);
    response.writeHead(post.status, post.headers).end('{"message":"an answer that nobody needs"}');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const post: Post = {
    url: `http://127.0.0.1:${port}`,
    taken: [],
    asked: [],
    status: 200,
    headers: {},
    close: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
  return post;
}

const about = { region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };

export interface Topic {
  readonly arn: string;
  readonly client: SNSClient;
  /** What the topic gave to its subscriber since it was asked last. */
  received(): Promise<
    readonly { Subject: string; Message: string; MessageAttributes: Record<string, { Value: string }> }[]
  >;
  close(): Promise<void>;
}

/** A topic with a queue that is subscribed to it. */
export async function startTopic(): Promise<Topic> {
  const unused = { onChange: async () => {}, modified: () => null, putEvents: () => ({}) };
  const endpoint = await startEndpoint({ port: 0, ...unused });
  const client = new SNSClient({ ...about, endpoint: endpoint.url, maxAttempts: 1 });
  const sqs = new SQSClient({ ...about, endpoint: endpoint.url });
  const { TopicArn = '' } = await client.send(new CreateTopicCommand({ Name: 'people' }));
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'person' }));
  const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:person';
  await client.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
  return {
    arn: TopicArn,
    client,
    async received() {
      const all = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages.length === 0) return all;
        all.push(...Messages.map(({ Body = '' }) => JSON.parse(Body)));
      }
    },
    async close() {
      client.destroy();
      sqs.destroy();
      await endpoint.close();
    },
  };
}

export interface Told {
  readonly deps: Deps;
  readonly logged: Readonly<Record<string, unknown>>[];
  settings: Notifications;
  now: Date;
  tell(event: unknown): Promise<void>;
}

/** `notify` with a table of its own. */
export function teller(settings: Partial<Notifications>, topic: Topic | null = null, followed = true): Told {
  const told: Told = {
    settings: { webhooks: [], ...settings },
    now: new Date('2030-01-01T12:00:01.500Z'),
    logged: [],
    deps: {
      topic: topic === null ? null : topicChannel(topic.client, topic.arn),
      notifications: async () => told.settings,
      table: memoryTable(() => told.now),
      followed,
      now: () => told.now,
      telemetry: SILENT,
      log: (message, facts) => told.logged.push({ message, ...facts }),
    },
    tell: (event) => notify(event, told.deps),
  };
  return told;
}
