import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeCluster } from '../agent/fake-cluster.ts';
import { gitRepository } from '../agent/objects.ts';
import { landed, verdict } from '../notify/notices.ts';
import { startPost, teller } from '../notify/servers.ts';
import { landed as landing, run, unreachable } from '../nudge/fixture.ts';
import { knock, requestTo } from '../receive/knock.ts';
import { Gauge } from './gauge.ts';

test('nudge counts clusters that could not be told, once for all attempts, in a span for each', async () => {
  const gauge = new Gauge();
  const away = fakeCluster('away', [gitRepository('main')]);
  away.before = () => {
    throw unreachable();
  };
  const { tell } = run([away, fakeCluster('well', [gitRepository('main')])], [], { telemetry: gauge });
  await assert.rejects(tell(landing()), { reason: 'NudgeIncomplete' });
  assert.deepEqual(gauge.counts, { NudgesFailed: 1 });
  const spans = gauge.spans.map(([name, attributes]) => [name, attributes['gitferry.cluster']]);
  assert.deepEqual(spans, [
    ['nudge', 'away'],
    ['nudge', 'well'],
  ]);
});

test('notify counts channels that could not be told; one that was told is in a span, and told once', async (t) => {
  const [well, down] = await Promise.all([startPost(), startPost()]);
  t.after(() => Promise.all([well.close(), down.close()]));
  down.status = 503;
  const told = teller({ webhooks: [well, down].map(({ url }) => ({ url: `${url}/hook`, secret: 'a-secret-of-it' })) });
  const gauge = new Gauge();
  Object.assign(told.deps, { telemetry: gauge });
  for (const _ of [1, 2]) await assert.rejects(told.tell(verdict('failed')), { reason: 'ChannelUnavailable' });
  assert.deepEqual([gauge.counts, gauge.spans.length], [{ NoticesFailed: 2 }, 3]);
  assert.ok(gauge.spans.every(([name]) => name === 'tell a channel'));
  await told.tell(landed());
  assert.deepEqual(gauge.counts, { NoticesFailed: 2 });
});

test('receive counts what it refuses, and not what it can’t take for a fault of its own', async () => {
  const gauge = new Gauge();
  const refused = await knock(requestTo('quay', '{}', { secret: 'another-secret-than-that' }), { telemetry: gauge });
  assert.deepEqual([refused.status, gauge.counts], [401, { WebhooksRefused: 1 }]);
  const unknown = await knock(requestTo('nowhere', '{}'), { telemetry: gauge });
  assert.deepEqual([unknown.status, gauge.counts], [404, { WebhooksRefused: 2 }]);
  const secrets = async () => {
    throw unreachable();
  };
  const broken = await knock(requestTo('quay', '{}'), { telemetry: gauge, secrets });
  assert.deepEqual([broken.status, gauge.counts], [503, { WebhooksRefused: 2 }]);
});
