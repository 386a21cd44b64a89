import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Deps } from '../../functions/mirror/deps.ts';
import { sweep } from '../../functions/sweep/sweep.ts';
import { formatChange } from '../../shared/change/own.ts';
import { Retryable } from '../../shared/errors.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { BUCKET } from '../servers/stack.ts';
import { Gauge } from './gauge.ts';

const UPLOADED = '2030-01-01T12:00:00.000Z';
const at = (seconds: number): Date => new Date(Date.parse(UPLOADED) + seconds * 1000);

describe('what mirror measures', () => {
  let ferry: Ferry;
  let gauge: Gauge;
  before(async () => {
    ferry = await startFerry();
  });
  beforeEach(() => {
    gauge = new Gauge();
  });
  after(() => ferry.close());

  async function workOff(deps: Partial<Deps> = {}): Promise<void> {
    while ((await ferry.invoke({ deps: { telemetry: gauge, ...deps } })) !== null);
  }

  async function upload(key: string, text: string, told = true): Promise<void> {
    const etag = await ferry.put(key, text);
    if (told) await ferry.send(formatChange({ kind: 'object', bucket: BUCKET, key, etag, at: UPLOADED }));
  }

  test('an upload: from its event to its commit, and the steps on the way, once', async () => {
    await upload('config/a.yaml', 'a: 1\n');
    await workOff({ now: () => at(3) });
    // The ledger has a push of its own, before anything lands.
    assert.deepEqual(gauge.counts, { ChangesReceived: 1, PushAttempts: 2, Landed: 1 });
    assert.deepEqual(gauge.times, { EventToCommit: [3000] });
    const [release] = await ferry.events();
    const steps = gauge.spans.map(([name]) => name);
    for (const step of ['read the branch', 'read the sources', 'push']) assert.ok(steps.includes(step), step);
    const about = { 'gitferry.release': release?.id, 'gitferry.unit': release?.unit, 'gitferry.branch': 'main' };
    assert.deepEqual(gauge.spans.findLast(([name]) => name === 'push')?.[1], about);
  });

  test('the same again is a change received, and no landing', async () => {
    await upload('config/a.yaml', 'a: 1\n');
    await workOff();
    assert.deepEqual(gauge.counts, { ChangesReceived: 1 });
  });

  test('what is told a second time, because the bus was away, is measured once', async () => {
    await upload('config/b.yaml', 'b: 1\n');
    let tries = 0;
    const bus = {
      put: async () => {
        tries += 1;
        if (tries === 1) throw new Retryable('BusUnavailable', 'It is away.');
      },
    };
    await workOff({ bus, now: () => at(1) });
    assert.equal(tries, 2);
    assert.deepEqual(gauge.counts, { ChangesReceived: 1, PushAttempts: 1, Landed: 1, PutOff: 1 });
  });

  test('what is put off counts at each try, those that were drained with it', async () => {
    const away = async (): Promise<never> => Promise.reject(new Retryable('ServerUnreachable', 'It is away.'));
    for (let count = 0; count < 11; count += 1) await upload('config/put-off.yaml', 'a: 1\n');
    for (const tries of [1, 2]) {
      await ferry.invoke({ deps: { telemetry: gauge, bus: { put: away } } });
      assert.equal(gauge.counts.PutOff, 11 * tries);
    }
    await workOff();
    assert.deepEqual([gauge.counts.PutOff, gauge.times.OldestPutOff?.length], [22, 2]);
  });

  test('a rejection counts as one, with no time to a commit', async () => {
    await upload('config/broken.yaml', 'a: [\n');
    await workOff();
    assert.deepEqual([gauge.counts.Rejected, gauge.counts.Landed, gauge.times], [1, undefined, {}]);
  });

  test('a verdict: by its outcome, and from the event of its release; a failed one is set back', async () => {
    await upload('config/a.yaml', 'a: 2\n');
    await workOff({ now: () => at(2) });
    const { id, unit } = (await ferry.events()).findLast(({ type }) => type === 'landed') as Record<string, string>;
    const about = { reason: 'PodNotReady', message: 'It crashes.', hint: '' };
    const verdict = { kind: 'verdict', unit: `${unit}`, release: `${id}`, verdict: 'failed', ...about } as const;
    gauge = new Gauge();
    for (const _ of [1, 2]) await ferry.send(formatChange(verdict));
    await workOff({ now: () => at(90) });
    assert.deepEqual(gauge.counts, { ChangesReceived: 2, PushAttempts: 1, 'Verdicts failed': 1, Reverted: 1 });
    assert.deepEqual(gauge.times, { EventToVerdict: [90_000] });
  });

  test('what a sweep finds is repaired; with its own event on the way it is not', async () => {
    await upload('config/silent.yaml', 'a: 1\n', false);
    await upload('config/late.yaml', 'a: 1\n', false);
    await ferry.tell('config/late.yaml');
    await sweep(null, {
      ...{
        deployment: 'test',
        repository: ferry.server.url,
        branch: 'main',
        bucket: ferry.bucket,
        images: ferry.images,
      },
      remote: new SmartHttp({ url: ferry.server.url, memory: newMemory() }),
      bus: { put: async () => {} },
      ask: async (changes) => {
        for (const change of changes) await ferry.send(formatChange(change));
      },
      now: () => at(10),
      remaining: () => 60_000,
      log: () => {},
      telemetry: gauge,
    });
    assert.equal(gauge.counts.SweepsFinished, 1);
    await upload('config/late.yaml', 'a: 1\n');
    await workOff({ now: () => at(10) });
    assert.deepEqual([gauge.counts.Landed, gauge.counts.MissedRepaired], [2, 1]);
  });

  test('a person who sets a place back is counted', async () => {
    await upload('config/c.yaml', 'c: 1\n');
    await workOff();
    await upload('config/c.yaml', 'c: 2\n');
    await workOff();
    await ferry.server.repository.commit({ 'apps/production/c.yaml': 'c: 1\n' }, 'main');
    gauge = new Gauge();
    await ferry.tell('config/c.yaml');
    await workOff();
    assert.deepEqual(gauge.counts, { ChangesReceived: 1, PushAttempts: 1, TakenBack: 1 });
  });
});

test('nobody is told by what is silent, and work is done', async () => {
  SILENT.measure({ Landed: 1 });
  assert.equal(await SILENT.span('push', {}, async () => 7), 7);
});
