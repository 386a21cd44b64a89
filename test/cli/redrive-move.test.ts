import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { firstFailures } from '../../cli/redrive/failures.ts';
import type { Letter } from '../../cli/redrive/letters.ts';
import { type Movers, moveAll } from '../../cli/redrive/move.ts';
import type { DeadQueue, Kind } from '../../cli/redrive/queues.ts';
import { localAws } from '../../cli/running.ts';

type Body = Readonly<Record<string, unknown>>;

/** What AWS is asked, by the last part of its target, and what it answers, one after the other. */
let asked: (readonly [string, Body])[];
let answers: Record<string, readonly (Body | Error)[]>;
let movers: Movers;
let logs: CloudWatchLogsClient;
let seen: (readonly [number, number])[];
let close: () => Promise<void>;

beforeEach(async () => {
  [asked, answers, seen] = [[], {}, []];
  const server = createServer(async (request, response) => {
    const name = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    asked.push([name, JSON.parse(Buffer.concat(await request.toArray()).toString())]);
    const [answer = {}, ...others] = answers[name] ?? [];
    answers[name] = others;
    const failed = answer instanceof Error;
    response.writeHead(failed ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(failed ? { __type: `com.amazonaws.sqs#${answer.message}`, message: 'no' } : answer));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const about = { ...localAws, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, maxAttempts: 1 };
  const [sqs, events] = [new SQSClient(about), new EventBridgeClient(about)];
  logs = new CloudWatchLogsClient(about);
  const progress: Movers['progress'] = (_queue, moved, all) => seen.push([moved, all]);
  movers = { sqs, events, bus: 'gitferry-production', pause: async () => {}, progress };
  close = async () => {
    for (const client of [sqs, events, logs]) client.destroy();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
});
afterEach(() => close());

function queueOf(kind: Kind): DeadQueue {
  const name = `gitferry-production-${kind}-dead`;
  const about = { kind, name, url: `http://127.0.0.1/1/${name}`, arn: `arn:aws:sqs:eu-west-1:1:${name}`, depth: 1 };
  return { ...about, source: kind === 'nudge' ? null : 'http://127.0.0.1/1/changes' };
}

const sentAt = new Date('2020-01-01T12:00:00.000Z');
const letterOf = (queue: DeadQueue, id: string, body = '{}'): Letter => {
  return { queue, id, body, sent: sentAt, received: 6, message: { MessageId: id, Body: body, ReceiptHandle: 'r' } };
};
const received = (Body: string) => ({
  Messages: [{ MessageId: '1', Body, ReceiptHandle: 'r', MD5OfBody: createHash('md5').update(Body).digest('hex') }],
});
const names = (): readonly string[] => asked.map(([name]) => name);

/** A task as SQS lists it, by when it was started. */
const task = (StartedTimestamp: number, Status: string, ApproximateNumberOfMessagesMoved = 0) => ({
  ...{ StartedTimestamp, Status, ApproximateNumberOfMessagesMoved },
  ApproximateNumberOfMessagesToMove: 3,
});
const listed = (...Results: readonly Body[]): Body => ({ Results });

test('SQS moves them by itself, and is watched until it has', async () => {
  const queue = queueOf('changes');
  answers = {
    StartMessageMoveTask: [{ TaskHandle: 't' }],
    ListMessageMoveTasks: [
      listed(),
      ...[task(2, 'RUNNING', 1), task(2, 'RUNNING', 2), task(2, 'COMPLETED', 3)].map((one) => listed(one)),
    ],
  };
  assert.equal(await moveAll(queue, [letterOf(queue, '1')], movers), 3);
  assert.deepEqual(asked[1], ['StartMessageMoveTask', { SourceArn: queue.arn }]);
  assert.deepEqual(names().toSpliced(1, 1), Array(4).fill('ListMessageMoveTasks'));
  assert.deepEqual(seen, [
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test('tasks of before are not its own, nor does it end where SQS does not list its own at once', async () => {
  const queue = queueOf('changes');
  const [first, second] = [task(1, 'COMPLETED', 7), task(2, 'FAILED')];
  answers = {
    StartMessageMoveTask: [{ TaskHandle: 't' }],
    ListMessageMoveTasks: [
      listed(second, first),
      listed(second, first),
      listed(),
      listed(second),
      listed(first, task(3, 'RUNNING', 1), second),
      listed(task(3, 'COMPLETED', 2), second, first),
    ],
  };
  assert.equal(await moveAll(queue, [letterOf(queue, '1')], movers), 2);
  assert.deepEqual(seen, [
    [1, 3],
    [2, 3],
  ]);
});

test('a task that SQS never lists may go on: that is what it says', async () => {
  const queue = queueOf('changes');
  answers = { StartMessageMoveTask: [{ TaskHandle: 't' }] };
  await assert.rejects(moveAll(queue, [letterOf(queue, '1')], movers), {
    reason: 'RedriveIncomplete',
    message: `SQS does not say what became of moving the messages of ${queue.name}.`,
    hint: 'It may go on: look again by --dry-run.',
  });
});

test('a task that SQS gave up says why, and what is left to do', async () => {
  const queue = queueOf('looks');
  const FailureReason = 'CouldNotDetermineMessageSource';
  answers = {
    StartMessageMoveTask: [{ TaskHandle: 't' }],
    ListMessageMoveTasks: [listed(), listed({ ...task(1, 'FAILED'), FailureReason })],
  };
  await assert.rejects(moveAll(queue, [letterOf(queue, '1')], movers), {
    reason: 'RedriveIncomplete',
    message: `Moving the messages of ${queue.name} ended as FAILED: ${FailureReason}`,
  });
});

test('what SQS refuses is refused, and nothing is moved in another way', async () => {
  const queue = queueOf('changes');
  answers = { StartMessageMoveTask: [new Error('AccessDeniedException')] };
  await assert.rejects(moveAll(queue, [letterOf(queue, '1')], movers), { name: 'AccessDeniedException' });
  assert.deepEqual(names(), ['ListMessageMoveTasks', 'StartMessageMoveTask']);
});

test('what nudge could not tell is put on the bus once more, and deleted after that', async () => {
  const queue = queueOf('nudge');
  const event = { source: 'gitferry', 'detail-type': 'Landed', detail: { unit: 'charts#web', release: '01J' } };
  const body = JSON.stringify({ requestContext: {}, requestPayload: event });
  answers = {
    ReceiveMessage: [received(body)],
    PutEvents: [{ FailedEntryCount: 0, Entries: [{ EventId: '1' }] }],
  };
  assert.equal(await moveAll(queue, [letterOf(queue, '1', body)], movers), 1);
  assert.deepEqual(names(), ['ReceiveMessage', 'PutEvents', 'DeleteMessage', 'ReceiveMessage']);
  const entry = { EventBusName: 'gitferry-production', Source: 'gitferry', DetailType: 'Landed' };
  assert.deepEqual(asked[1]?.[1], { Entries: [{ ...entry, Detail: JSON.stringify(event.detail) }] });
});

test('what the bus does not take, and what holds no event of ours, stays where it is', async () => {
  const queue = queueOf('nudge');
  const foreign = JSON.stringify({ requestPayload: { source: 'aws.s3', 'detail-type': 'Landed', detail: {} } });
  const own = JSON.stringify({ requestPayload: { source: 'gitferry', 'detail-type': 'Landed', detail: {} } });
  for (const [body, reason] of [
    [foreign, 'LetterUnreadable'],
    ['', 'LetterUnreadable'],
    [own, 'BusUnavailable'],
  ] as const) {
    answers = {
      ReceiveMessage: [received(body)],
      PutEvents: [{ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] }],
    };
    await assert.rejects(moveAll(queue, [letterOf(queue, '1', body)], movers), { reason });
  }
  assert.ok(!names().includes('DeleteMessage'));
});

test('the log of the function says why each failed first, page by page', async () => {
  const queue = queueOf('changes');
  const event = (line: unknown) => ({ message: typeof line === 'string' ? line : JSON.stringify(line) });
  const came = (messageId: string, reason: string) =>
    event({ message: 'comes again', messageId, reason, why: `${reason} it was.` });
  answers = {
    FilterLogEvents: [
      { events: [event('START RequestId'), event('{"messageId":7}'), came('1', 'RateLimited')], nextToken: 'n' },
      { events: [came('1', 'ServerUnavailable'), came('2', 'ServerUnavailable')] },
    ],
  };
  const found = await firstFailures(logs, queue, 'production', [letterOf(queue, '1'), letterOf(queue, '2')]);
  assert.deepEqual(
    [...found],
    [
      ['1', 'RateLimited: RateLimited it was.'],
      ['2', 'ServerUnavailable: ServerUnavailable it was.'],
    ],
  );
  const [[, first] = [], [, second] = []] = asked;
  const { logGroupName, startTime } = first ?? {};
  assert.deepEqual([logGroupName, startTime], ['/aws/lambda/gitferry-production-mirror', sentAt.getTime()]);
  assert.equal(second?.nextToken, 'n');
});

test('a log that may not be read, or is not there, keeps nobody from his letters', async () => {
  const queue = queueOf('notices');
  answers = { FilterLogEvents: [new Error('ResourceNotFoundException')] };
  assert.equal((await firstFailures(logs, queue, 'production', [letterOf(queue, '1')])).size, 0);
});
