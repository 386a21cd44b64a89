import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Cursor, clusterOf, cursorOf } from '../../functions/sweep/cursor.ts';
import { type Deps, sweep } from '../../functions/sweep/sweep.ts';
import type { Change } from '../../shared/change/change.ts';
import { formatChange } from '../../shared/change/own.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';

const CONFIG = `apiVersion: gitferry.dev/v1
mirrors:
  - { bucket: releases, prefix: config/, files: apps/production }
  - { bucket: releases, prefix: swept/, files: swept, onDelete: remove }
`;

interface Swept {
  readonly asked: readonly Change[];
  readonly told: readonly Notice[];
  readonly next: Cursor | null;
}

describe('sweep', () => {
  let ferry: Ferry;
  before(async () => {
    ferry = await startFerry({}, {}, CONFIG);
  });
  after(() => ferry.close());

  /** One sweep, whose questions go to the queue. */
  async function swept(cursor: Cursor | null = null, given: Partial<Deps> = {}): Promise<Swept> {
    const [asked, told]: [Change[], Notice[]] = [[], []];
    await sweep(cursor, {
      deployment: 'test',
      repository: ferry.server.url,
      branch: 'main',
      remote: new SmartHttp({ url: ferry.server.url, memory: newMemory() }),
      bucket: ferry.bucket,
      images: ferry.images,
      bus: { put: async (notices) => void told.push(...notices) },
      ask: async (changes) => {
        asked.push(...changes);
        for (const change of changes) await ferry.send(formatChange(change));
      },
      now: () => new Date(),
      remaining: () => 60_000,
      log: () => {},
      telemetry: SILENT,
      ...given,
    });
    const [continues] = told.filter(({ type }) => type === 'SweepContinues');
    return { asked, told, next: cursorOf(continues?.detail) };
  }

  async function workOff(): Promise<void> {
    while ((await ferry.invoke()) !== null);
  }

  const keysOf = (asked: readonly Change[]): string[] =>
    asked.map((change) => (change.kind === 'object' ? change.key : change.kind));

  test('before there is a ledger it asks for all that the rules reach, and that lands', async () => {
    await ferry.put('config/early.yaml', 'a: 1\n');
    assert.deepEqual(keysOf((await swept()).asked), ['config']);
    await workOff();
    assert.deepEqual(await ferry.releases(), ['Release apps/production/early.yaml']);
  });

  test('asks for nothing where nothing was missed', async () => {
    assert.deepEqual((await swept()).asked, []);
  });

  test('fault 5: an upload, an overwrite and a deletion whose events were never sent', async () => {
    await ferry.put('config/early.yaml', 'a: 2\n');
    await ferry.put('swept/gone.yaml', 'a: 1\n');
    assert.deepEqual(keysOf((await swept()).asked), ['config/early.yaml', 'swept/gone.yaml']);
    await workOff();
    await ferry.remove('swept/gone.yaml');
    assert.deepEqual(keysOf((await swept()).asked), ['swept/gone.yaml']);
    await workOff();
    assert.deepEqual((await ferry.releases()).slice(1), [
      'Release apps/production/early.yaml',
      'Release swept/gone.yaml',
      'Remove swept/gone.yaml',
    ]);
    assert.deepEqual((await swept()).asked, []);
  });

  test('asks for a look at each cluster, once a sweep, before anything that may take time', async () => {
    const clusters = ['prod', 'staging'];
    const { told } = await swept(null, { clusters });
    assert.deepEqual(
      told.map(({ type, detail }) => [type, clusterOf(detail), cursorOf(detail)]),
      clusters.map((name) => ['SweepContinues', name, null]),
    );
    const { told: continued } = await swept(
      { phase: 'bucket', mirror: 's3://releases/config/', after: '' },
      { clusters },
    );
    assert.deepEqual(continued, []);
    assert.equal(clusterOf({}), null);
    const early: Notice[] = [];
    const remote = { tips: () => Promise.reject(new Error('Git is away')) } as never;
    await assert.rejects(
      swept(null, { clusters, remote, bus: { put: async (notices) => void early.push(...notices) } }),
    );
    assert.equal(early.length, 2);
  });

  test('what was rejected is not asked for again', async () => {
    await ferry.put('config/broken.yaml', 'a: [\n');
    assert.deepEqual(keysOf((await swept()).asked), ['config/broken.yaml']);
    await workOff();
    assert.deepEqual((await swept()).asked, []);
  });

  test('fault 10, invariant 6: a release without a verdict is told again, not at once and not for ever', async () => {
    const minutes = (count: number) => ({ now: () => new Date(Date.now() + count * 60_000) });
    const landed = async (later: number): Promise<string[]> =>
      (await swept(null, minutes(later))).told
        .filter(({ type }) => type === 'Landed')
        .map(({ detail }) => `${detail.summary}`);
    assert.deepEqual(await landed(1), []);
    assert.ok((await landed(10)).includes('Release apps/production/early.yaml'));
    assert.deepEqual(await landed(25 * 60), []);
  });

  test('when its time runs out it goes on where it was, and misses nothing', async () => {
    await ferry.put('swept/late.yaml', 'a: 1\n');
    const asked: string[] = [];
    let cursor: Cursor | null = null;
    let rounds = 0;
    do {
      // Enough time for one look, each time.
      let looks = 0;
      const one = await swept(cursor, { remaining: () => (looks++ === 0 ? 60_000 : 0) });
      asked.push(...keysOf(one.asked));
      cursor = one.next;
      rounds += 1;
    } while (cursor !== null && rounds < 20);
    assert.equal(cursor, null, 'it comes to an end');
    assert.ok(rounds > 1);
    assert.ok(asked.includes('swept/late.yaml'));
    await workOff();
  });

  test('an unread change of gitferry.yaml is asked for', async () => {
    await ferry.server.repository.commit({ 'gitferry.yaml': CONFIG.replace('apps/production', 'apps/moved') });
    assert.deepEqual(keysOf((await swept()).asked)[0], 'config');
    await workOff();
    assert.ok((await ferry.server.repository.list()).has('apps/moved/early.yaml'));
  });

  test('images: a push and a moved tag whose events were never sent, and references that a person brought', async () => {
    const image = 'quay.io/acme/api';
    const rules = `images:\n  - { image: ${image}, name: "apps:api", policy: { semver: "*" }, pin: tag }\n`;
    const asks = async (): Promise<string[]> => (await swept()).asked.map(({ kind }) => kind);
    await ferry.server.repository.commit({ 'gitferry.yaml': CONFIG + rules, 'api.yaml': `image: ${image}:1.0.0\n` });
    await ferry.send(formatChange({ kind: 'config' }));
    await workOff();
    assert.deepEqual(await asks(), []);
    ferry.images.push(image, '1.1.0');
    assert.deepEqual(await asks(), ['image']);
    await workOff();
    assert.equal(await ferry.server.repository.git('show', 'main:api.yaml'), `image: ${image}:1.1.0`);
    assert.deepEqual(await asks(), []);
    ferry.images.push(image, '1.1.0', 'rebuilt');
    assert.deepEqual(await asks(), ['image']);
    await workOff();
    assert.deepEqual(await asks(), []);
    await ferry.server.repository.commit({ 'other.yaml': `image: ${image}:1.0.0\n` });
    assert.deepEqual(await asks(), ['image']);
    await workOff();
    assert.equal(await ferry.server.repository.git('show', 'main:other.yaml'), `image: ${image}:1.1.0`);
    assert.deepEqual(await asks(), []);
  });

  test('a broken gitferry.yaml stops it, and it touches nothing', async () => {
    await ferry.server.repository.commit({ 'gitferry.yaml': 'mirrors: [\n' });
    assert.deepEqual(keysOf((await swept()).asked), ['config']);
    await ferry.purge();
  });
});

test('a cursor that is none begins at the beginning', () => {
  for (const detail of [undefined, null, {}, { cursor: { phase: 'other' } }, 'x']) assert.equal(cursorOf(detail), null);
});
