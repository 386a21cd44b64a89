import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { Poller } from '../../infra/local/poller.ts';
import type { Queues } from '../../infra/local/queues.ts';

const source = { queueArn: 'arn:aws:sqs:us-east-1:0:changes', batchSize: 10, reportsFailures: true, concurrency: 1 };

it('a queue that could not be read is told of, and read again', async () => {
  const answers = [
    () => Promise.reject(new Error('socket hang up')),
    async () => [{ MessageId: 'm', ReceiptHandle: 'r', Body: 'after all' }],
  ];
  const queues = {
    receive: async (_arn: string, _count: number, stop: AbortSignal) => {
      const answer = answers.shift();
      if (answer === undefined) await once(stop, 'abort');
      return answer?.() ?? [];
    },
    delete: async () => {},
  } as unknown as Queues;
  const told: string[] = [];
  const invoked = Promise.withResolvers<unknown>();
  const poller = new Poller(
    source,
    queues,
    async (event) => invoked.resolve(event),
    (_count, why) => told.push(why),
  );
  const { Records } = (await invoked.promise) as { Records: { body: string }[] };
  assert.deepEqual(
    Records.map(({ body }) => body),
    ['after all'],
  );
  await poller.stop();
  assert.deepEqual(told, ["The queue can't be read: Error: socket hang up"]);
});

it('ends at once while it waits to read again', { timeout: 900 }, async () => {
  const failed = Promise.withResolvers<void>();
  const queues = { receive: () => Promise.reject(new Error('gone')) } as unknown as Queues;
  const poller = new Poller(
    source,
    queues,
    async () => null,
    () => failed.resolve(),
  );
  await failed.promise;
  await poller.stop();
});
