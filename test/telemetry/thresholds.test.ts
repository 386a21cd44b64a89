import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { before, describe, test } from 'node:test';
import { PATIENCE } from '../../functions/mirror/run.ts';
import { type Alarm, deployed, EVERYTHING, ownName, type Watched, watchedBy } from './deployed.ts';

const { readLimits } = createRequire(import.meta.url)('../../infra/deployment/limits.cjs') as {
  readLimits(reserve: boolean): Readonly<Record<string, number>>;
};

const SIGNS: Readonly<Record<string, string>> = { GreaterThanThreshold: '>', LessThanThreshold: '<' };
const DEAD = 'AWS/SQS ApproximateNumberOfMessagesVisible';

/** What each alarm looks at, by which statistic of how many seconds; when it rings, in how many of how many; what silence is. */
const ALARMS: Readonly<Record<string, readonly string[]>> = {
  'changes-dead': [`${DEAD} changes-dead Maximum 300`, '> 0', '1 of 1', 'ignore'],
  'looks-dead': [`${DEAD} looks-dead Maximum 300`, '> 0', '1 of 1', 'ignore'],
  'notices-dead': [`${DEAD} notices-dead Maximum 300`, '> 0', '1 of 1', 'ignore'],
  'nudge-dead': [`${DEAD} nudge-dead Maximum 300`, '> 0', '1 of 1', 'ignore'],
  'changes-age': ['AWS/SQS ApproximateAgeOfOldestMessage changes Maximum 300', '> 900', '2 of 2', 'notBreaching'],
  'changes-put-off': [
    ...['IF(hidden > 0 AND FILL(landed, 0) == 0, 1, 0)'],
    'hidden: AWS/SQS ApproximateNumberOfMessagesNotVisible changes Minimum 300',
    'landed: gitferry Landed mirror Sum 300',
    ...['> 0', '3 of 3', 'notBreaching'],
  ],
  'functions-fail': [
    ...['SUM(METRICS())'],
    'mirror: AWS/Lambda Errors mirror Sum 900',
    'verify: AWS/Lambda Errors verify Sum 900',
    'notify: AWS/Lambda Errors notify Sum 900',
    ...['> 0', '2 of 4', 'notBreaching'],
  ],
  'archive-fails': ['AWS/Lambda Errors archive Sum 3600', '> 0', '2 of 2', 'notBreaching'],
  'sweep-missing': ['gitferry SweepsFinished sweep Sum 3600', '< 1', '1 of 1', 'breaching'],
  'clusters-unseen': ['gitferry ClusterSweepsFinished sweep Sum 3600', '< 1', '1 of 1', 'breaching'],
  'commits-slow': ['gitferry EventToCommit mirror p95 900', '> 120000', '2 of 4', 'notBreaching'],
  'receive-fails': ['AWS/Lambda Url5xxCount receive Sum 300', '> 0', '2 of 3', 'notBreaching'],
  'receive-throttled': ['AWS/Lambda Throttles receive Sum 300', '> 10', '1 of 1', 'notBreaching'],
  'webhooks-refused': ['gitferry WebhooksRefused receive Sum 300', '> 100', '1 of 1', 'notBreaching'],
};

let alarms: readonly Alarm[];
before(async () => {
  ({ alarms } = await deployed(EVERYTHING));
});

function brief({ id, namespace, metric, about, statistic, period }: Watched): string {
  const [first = ''] = about.values();
  const name = first.replace(/^gitferry-prod-(?:data-)?/u, '');
  return `${id === '' ? '' : `${id}: `}${namespace} ${metric} ${name} ${statistic} ${period}`;
}

test('each rings at what it is to ring at', () => {
  for (const alarm of alarms) {
    const { EvaluationPeriods: periods, DatapointsToAlarm: datapoints = periods, Threshold, TreatMissingData } = alarm;
    const computed = alarm.Metrics?.filter(({ ReturnData = true }) => ReturnData).map(({ Expression }) => Expression);
    assert.deepEqual(
      [
        ...(computed ?? []),
        ...watchedBy(alarm).map(brief),
        `${SIGNS[alarm.ComparisonOperator]} ${Threshold}`,
        `${datapoints} of ${periods}`,
        TreatMissingData,
      ],
      ALARMS[ownName(alarm)],
      alarm.AlarmName,
    );
  }
  assert.deepEqual([...new Set(alarms.map(ownName))].sort(), Object.keys(ALARMS).sort());
});

describe('what mirror puts off through an outage', () => {
  const limits = readLimits(false);
  /** Seconds after which a message is received, for the first time, the second and so on; last, when it is a dead letter. */
  const received = [0];
  for (const wait of PATIENCE.outage) received.push((received.at(-1) ?? 0) + wait);
  const find = (name: string): Alarm => alarms.find((alarm) => ownName(alarm) === name) as Alarm;
  const lasting = (alarm: Alarm): number => Math.max(...watchedBy(alarm).map(({ period }) => period));

  test('comes as often as its queue lets it', () => {
    assert.equal(PATIENCE.outage.length, limits['mirror.tries']);
    assert.deepEqual(received.slice(0, 4), [0, 30, 150, 750]);
  });

  test('rings changes-put-off, long before it is a dead letter', () => {
    const alarm = find('changes-put-off');
    // The first period has begun before it was hidden.
    const rings = (alarm.EvaluationPeriods + 1) * lasting(alarm);
    assert.ok(rings < (received.at(-1) ?? 0) / 4, `${rings} s of ${received.at(-1)}`);
  });

  test('is told from what an invocation holds, also one that ended without an answer', () => {
    const alarm = find('changes-put-off');
    const held = Math.max(limits['mirror.timeout'] ?? 0, limits['mirror.visibility'] ?? 0);
    assert.ok(alarm.EvaluationPeriods * lasting(alarm) > held, `${held} s`);
  });

  test('does not ring changes-age, which is for what nobody reads: SQS tells no age of what was received three times', () => {
    const { Threshold } = find('changes-age');
    const [, , third = 0, fourth = 0] = received;
    assert.ok(third < Threshold && fourth < Threshold, `${fourth} s of ${Threshold}`);
    assert.ok(Threshold < (limits.retention ?? 0));
  });
});
