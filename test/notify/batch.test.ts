import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SQSEvent } from 'aws-lambda';
import { backoff, eachMessage } from '../../functions/notify/batch.ts';
import { Retryable } from '../../shared/errors.ts';

const batch = (...messages: readonly (readonly [id: string, body: string, received: number])[]): SQSEvent =>
  ({
    Records: messages.map(([messageId, body, received]) => ({
      ...{ messageId, body, receiptHandle: `receipt of ${messageId}` },
      attributes: { ApproximateReceiveCount: String(received) },
    })),
  }) as unknown as SQSEvent;

it('each message is done with or comes again by itself, later each time', async () => {
  const postponed: (readonly [string, number])[] = [];
  const handled: unknown[] = [];
  const answer = await eachMessage(
    batch(['good', '1', 1], ['bad', '2', 1], ['worse', '2', 4], ['none', '{', 9], ['also good', '3', 1]),
    async (event) => {
      if (event === 2) throw new Retryable('ChannelUnavailable', 'It is down.');
      handled.push(event);
    },
    async (receipt, seconds) => {
      postponed.push([receipt, seconds]);
      if (seconds === 30) throw new Error('SQS is down, too');
    },
    () => {},
  );
  assert.deepEqual(handled, [1, 3]);
  assert.deepEqual(
    answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    ['bad', 'worse', 'none'],
  );
  assert.deepEqual(Object.fromEntries(postponed), {
    'receipt of bad': 30,
    'receipt of worse': 240,
    'receipt of none': 3600,
  });
});

it('a channel that says when it is back is not asked before, but within the hour', () => {
  const after = (retryAfter: number): Retryable => new Retryable('ChannelUnavailable', 'Later.', { retryAfter });
  assert.equal(backoff(1, after(7)), 30);
  assert.equal(backoff(1, after(77)), 77);
  assert.equal(backoff(1, after(86_400)), 3600);
});
