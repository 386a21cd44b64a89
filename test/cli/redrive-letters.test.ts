import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { type Letter, peek } from '../../cli/redrive/letters.ts';
import { type Movers, moveAll, moveSome } from '../../cli/redrive/move.ts';
import { type DeadQueue, findDeadQueues } from '../../cli/redrive/queues.ts';

/** The pages that are received, by ids of messages, and what was done to which. */
let pages: string[][];
let bodies: Map<string, string>;
let shownAgain: string[];
let deleted: string[];
let told: string[];
/** The id that the bus does not take. */
let refused: string | null;
beforeEach(() => {
  [pages, bodies, shownAgain, deleted, told, refused] = [[], new Map(), [], [], [], null];
});

const event = (id: string) =>
  JSON.stringify({ requestPayload: { source: 'gitferry', 'detail-type': 'Landed', detail: { id } } });

interface Command {
  readonly constructor: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: each command has its own
  readonly input: any;
}

/** Each time that it hands out a message it gives it another handle, as SQS does. */
let handles = 0;
const sqs = {
  async send({ constructor: { name }, input }: Command) {
    switch (name) {
      case 'ReceiveMessageCommand': {
        const ids = (pages.shift() ?? []).filter((id) => !deleted.includes(id) || id.startsWith('twice'));
        handles += 1;
        return {
          Messages: ids.map((id) => ({
            MessageId: id,
            Body: bodies.get(id) ?? event(id),
            ReceiptHandle: `${id}:${handles}`,
          })),
        };
      }
      case 'ChangeMessageVisibilityBatchCommand':
        shownAgain.push(...input.Entries.map((one: { ReceiptHandle: string }) => one.ReceiptHandle.split(':')[0]));
        return {};
      case 'DeleteMessageCommand':
        deleted.push(input.ReceiptHandle.split(':')[0]);
        return {};
      case 'GetQueueUrlCommand':
        if (!input.QueueName.endsWith('-dead')) throw Object.assign(new Error(), { name: 'QueueDoesNotExist' });
        return { QueueUrl: `http://127.0.0.1/${input.QueueName}` };
      case 'GetQueueAttributesCommand':
        return { Attributes: { QueueArn: 'arn', ApproximateNumberOfMessages: '1' } };
      default:
        throw new Error(name);
    }
  },
} as unknown as SQSClient;
const events = {
  async send({ input }: Command) {
    const { id } = JSON.parse(input.Entries[0].Detail);
    if (id === refused) return { FailedEntryCount: 1 };
    told.push(id);
    return { FailedEntryCount: 0 };
  },
} as unknown as EventBridgeClient;
const movers: Movers = { sqs, events, bus: 'gitferry-prod', pause: async () => {}, progress: () => {} };

const queue: DeadQueue = {
  kind: 'nudge',
  name: 'dead',
  url: 'http://127.0.0.1/dead',
  arn: 'arn',
  source: null,
  depth: 9,
};
const letters = (...ids: readonly string[]): Letter[] =>
  ids.map((id) => ({ queue, id, body: event(id), sent: null, received: 1, message: {} }));

test('reading ends though what was read is seen again before the last is read', async () => {
  pages = [['a', 'b'], ...Array.from({ length: 1000 }, () => ['a', 'b'])];
  const read = await peek(sqs, queue, 100);
  assert.deepEqual(
    read.map(({ id }) => id),
    ['a', 'b'],
  );
  assert.ok(pages.length > 900);
  assert.deepEqual(shownAgain, ['a', 'b']);
});

test('a message that is handed out twice is moved once, and keeps no other from being moved', async () => {
  pages = [['twice', 'a'], ['twice'], ['b']];
  assert.equal(await moveSome(queue, letters('twice', 'a', 'b'), movers), 3);
  assert.deepEqual(
    [told, deleted],
    [
      ['twice', 'a', 'b'],
      ['twice', 'a', 'twice', 'b'],
    ],
  );
});

test('looking for one that somebody else has taken ends, and all others are shown again', async () => {
  pages = Array.from({ length: 1000 }, () => ['x', 'y']);
  assert.equal(await moveSome(queue, letters('a'), movers), 0);
  assert.ok(pages.length > 900);
  assert.deepEqual([shownAgain, told], [['x', 'y'], []]);
});

test('when one can not be moved for now, nothing that was received stays hidden', async () => {
  pages = [['a', 'b', 'c', 'x']];
  refused = 'b';
  await assert.rejects(moveSome(queue, letters('a', 'b', 'c'), movers), { reason: 'BusUnavailable' });
  assert.deepEqual([deleted, shownAgain.toSorted()], [['a'], ['b', 'c', 'x']]);
});

test('one that holds nothing of ours keeps no other from being moved, and is named', async () => {
  bodies.set('b', '{}');
  pages = [['a', 'b', 'c']];
  await assert.rejects(moveSome(queue, letters('a', 'b', 'c'), movers), {
    reason: 'LetterUnreadable',
    message: 'b holds no event that nudge was given; 2 others were moved.',
  });
  assert.deepEqual([told, deleted, shownAgain], [['a', 'c'], ['a', 'c'], ['b']]);
});

test('all are moved, those too that were not shown', async () => {
  pages = [['a', 'b'], ['c']];
  assert.equal(await moveAll(queue, letters('a'), movers), 3);
  assert.deepEqual(told, ['a', 'b', 'c']);
});

test('dead letters of a queue that is gone are no events for the bus', async () => {
  await assert.rejects(findDeadQueues(sqs, 'prod', ['changes']), { reason: 'QueueMissing' });
});
