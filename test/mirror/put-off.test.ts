import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import type { Deps } from '../../functions/mirror/deps.ts';
import { type Queue, sqsQueue } from '../../functions/mirror/queue.ts';
import { PATIENCE, run } from '../../functions/mirror/run.ts';
import { formatChange } from '../../shared/change/own.ts';
import { Retryable } from '../../shared/errors.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { Gauge } from '../telemetry/gauge.ts';

const SENT = Date.parse('2030-01-01T12:00:00.000Z');

/** As Lambda hands them over: sent so many seconds after the first, and received so often. */
function eventOf(...messages: readonly (readonly [seconds: number, received: number])[]): SQSEvent {
  const records = messages.map(([seconds, received], index) => ({
    messageId: `${index}`,
    body: formatChange({ kind: 'config' }),
    receiptHandle: `${index}`,
    attributes: { ApproximateReceiveCount: `${received}`, SentTimestamp: `${SENT + seconds * 1000}` },
  }));
  return { Records: records } as unknown as SQSEvent;
}

/** What `mirror` has while Git is away, some seconds after the first message was sent. */
function away(seconds: number, telemetry: Deps['telemetry']): Deps {
  const signer = () => Promise.reject(new Retryable('ServerUnreachable', 'Git is away.'));
  const now = () => new Date(SENT + seconds * 1000);
  return { signer, now, telemetry, log: () => {} } as unknown as Deps;
}

function queueOf(postponed: number[] = []): Queue {
  return {
    drain: async () => [],
    remove: async () => {},
    postpone: async (_message, seconds) => void postponed.push(seconds),
  };
}

test('what is put off is measured: how many, and how long ago the oldest of them was sent', async () => {
  const gauge = new Gauge();
  const event = eventOf([60, 1], [0, 4], [30, 2]);
  const { batchItemFailures } = await run(event, queueOf(), away(750, gauge));
  assert.equal(batchItemFailures.length, 3);
  assert.deepEqual([gauge.counts.PutOff, gauge.times], [3, { OldestPutOff: [750_000] }]);
});

test('a clock that is behind makes no age below nothing', async () => {
  const gauge = new Gauge();
  await run(eventOf([0, 1]), queueOf(), away(-5, gauge));
  assert.deepEqual(gauge.times, { OldestPutOff: [0] });
});

test('through an outage each try is put off for longer', async () => {
  const postponed: number[] = [];
  for (const received of [1, 2, 3, 4, 5])
    await run(eventOf([0, received]), queueOf(postponed), away(received * 3600, SILENT));
  assert.deepEqual(postponed, PATIENCE.outage);
});

test('a message that is drained tells when it was sent', async () => {
  const Attributes = { ApproximateReceiveCount: '3', SentTimestamp: `${SENT}` };
  const asked: (readonly string[])[] = [];
  const answers = [[{ MessageId: '1', Body: '{}', ReceiptHandle: 'r', Attributes }]];
  const client = {
    send: async ({ input }: { readonly input: { readonly MessageSystemAttributeNames: readonly string[] } }) => {
      asked.push(input.MessageSystemAttributeNames);
      return { Messages: answers.pop() };
    },
  };
  const drained = await sqsQueue(client as unknown as SQSClient, 'https://sqs.example.org/changes').drain(10);
  assert.deepEqual(drained, [{ id: '1', body: '{}', receipt: 'r', sent: SENT, received: 3 }]);
  for (const names of asked) assert.ok(names.includes('All') || names.includes('SentTimestamp'), `${names}`);
});
