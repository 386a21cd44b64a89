import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { sweep } from '../../functions/sweep/sweep.ts';
import type { Change } from '../../shared/change/change.ts';
import { formatChange } from '../../shared/change/own.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { BUCKET } from '../servers/stack.ts';
import { Gauge } from '../telemetry/gauge.ts';

const API = 'quay.io/acme/api';
const CONFIG = `apiVersion: gitferry.dev/v1
mirrors:
  - { name: config, bucket: ${BUCKET}, prefix: config/, files: apps/production, onDelete: remove }
images:
  - { image: ${API}, name: "apps:api", policy: { semver: "*" }, files: ["api/**/*.yaml"], pin: tag }
releases:
  - { name: together, bucket: ${BUCKET}, prefix: together/ }
`;

function releaseFile(objects: Readonly<Record<string, string>>): string {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const lines = Object.entries(objects).map(([key, text]) => `  - { key: ${key}, sha256: ${sha256(text)} }\n`);
  return `apiVersion: gitferry.dev/v1\nkind: Release\nobjects:\n${lines.join('')}`;
}

describe('what a sweep finds', () => {
  let ferry: Ferry;
  let gauge = new Gauge();
  before(async () => {
    ferry = await startFerry({}, { 'api/api.yaml': `image: ${API}:1.0.0\n` }, CONFIG);
    ferry.images.push(API, '1.0.0');
    await ferry.send(formatChange({ kind: 'config' }));
    await workOff();
  });
  beforeEach(() => {
    gauge = new Gauge();
  });
  after(() => ferry.close());

  async function workOff(): Promise<void> {
    while ((await ferry.invoke({ deps: { telemetry: gauge } })) !== null);
  }

  /** One sweep, whose questions go to the queue: what it says in its log, and of which units. */
  async function swept(): Promise<readonly (readonly [string, unknown])[]> {
    const said: (readonly [string, unknown])[] = [];
    await sweep(null, {
      ...{ deployment: 'test', repository: ferry.server.url, branch: 'main' },
      ...{ bucket: ferry.bucket, images: ferry.images },
      remote: new SmartHttp({ url: ferry.server.url, memory: newMemory() }),
      bus: { put: async () => {} },
      ask: async (changes: readonly Change[]) => {
        for (const change of changes) await ferry.send(formatChange(change));
      },
      now: () => new Date(),
      remaining: () => 60_000,
      log: (message, { units }) => said.push([message, units]),
      telemetry: gauge,
    });
    return said;
  }

  const repaired = (): readonly unknown[] => [gauge.counts.Landed, gauge.counts.MissedRepaired];

  test('a release file that no event told of counts with each of its units', async () => {
    const files = { 'config/a.yaml': 'a: 1\n', 'config/b.yaml': 'b: 1\n' };
    for (const [key, text] of Object.entries(files)) await ferry.put(key, text);
    await ferry.put('together/1.release.yaml', releaseFile(files));
    await swept();
    await workOff();
    assert.deepEqual(await ferry.releases(), ['Release 1']);
    assert.deepEqual(repaired(), [3, 3]);
  });

  test('one that was told and waits is asked again at each sweep, and counts when its last part was missed', async () => {
    const files = { 'config/c.yaml': 'c: 1\n' };
    await ferry.put('together/2.release.yaml', releaseFile(files));
    await ferry.tell('together/2.release.yaml');
    await workOff();
    for (const _ of [1, 2]) {
      assert.deepEqual(await swept(), [['asked again', ['together#2.release.yaml']]]);
      await workOff();
    }
    assert.deepEqual(repaired(), [undefined, undefined]);
    await ferry.put('config/c.yaml', files['config/c.yaml']);
    await swept();
    await workOff();
    assert.deepEqual(repaired(), [2, 2]);
  });

  test('one whose last part is told of is not counted, though a sweep asks for it at the same time', async () => {
    const files = { 'config/d.yaml': 'd: 1\n' };
    await ferry.put('together/3.release.yaml', releaseFile(files));
    await ferry.tell('together/3.release.yaml');
    await workOff();
    await ferry.put('config/d.yaml', files['config/d.yaml']);
    await swept();
    await ferry.tell('config/d.yaml');
    await workOff();
    assert.deepEqual(repaired(), [2, undefined]);
  });

  test('nor is one that is told of itself, though what it names was missed', async () => {
    const files = { 'config/g.yaml': 'g: 1\n' };
    await ferry.put('config/g.yaml', files['config/g.yaml']);
    await swept();
    await ferry.put('together/4.release.yaml', releaseFile(files));
    await ferry.tell('together/4.release.yaml');
    await workOff();
    assert.deepEqual(await ferry.releases(), ['Release 1', 'Release 2', 'Release 3', 'Release 4']);
    assert.deepEqual(repaired(), [2, undefined]);
  });

  test('an image counts also when people committed since the ledger was last written', async () => {
    ferry.images.push(API, '1.1.0');
    await ferry.server.repository.commit({ 'README.md': 'By a person.\n' });
    assert.deepEqual(await swept(), [['missed', ['apps:api']]]);
    await workOff();
    assert.equal(await ferry.server.repository.git('show', 'main:api/api.yaml'), `image: ${API}:1.1.0`);
    assert.deepEqual(repaired(), [1, 1]);
  });

  test('a reference that a person brought is no event that was missed', async () => {
    await ferry.server.repository.commit({ 'api/other.yaml': `image: ${API}:1.0.0\n` });
    assert.deepEqual(await swept(), [['asked again', ['apps:api']]]);
    await workOff();
    assert.equal(await ferry.server.repository.git('show', 'main:api/other.yaml'), `image: ${API}:1.1.0`);
    assert.deepEqual(repaired(), [1, undefined]);
  });

  test('what waits for a person is asked again, and was not missed', async () => {
    const path = 'apps/production/e.yaml';
    await ferry.put('config/e.yaml', 'e: 1\n');
    assert.deepEqual(await swept(), [['missed', ['config#e.yaml']]]);
    await workOff();
    assert.deepEqual(repaired(), [1, 1]);
    await ferry.server.repository.commit({ [path]: 'e: edited\n' });
    await ferry.put('config/e.yaml', 'e: 2\n');
    await ferry.tell('config/e.yaml');
    await workOff();
    for (const _ of [1, 2]) {
      assert.deepEqual(await swept(), [['asked again', ['config#e.yaml']]]);
      await workOff();
    }
    await ferry.server.repository.commit({ [path]: 'e: 1\n' });
    await swept();
    await workOff();
    assert.equal(await ferry.server.repository.git('show', `main:${path}`), 'e: 2');
    assert.deepEqual(repaired(), [2, 1]);
  });

  test('a deletion counts; one that a person took back is asked again', async () => {
    await ferry.put('config/f.yaml', 'f: 1\n');
    await ferry.tell('config/f.yaml');
    await workOff();
    await ferry.remove('config/f.yaml');
    assert.deepEqual(await swept(), [['missed', ['config#f.yaml']]]);
    await workOff();
    assert.deepEqual(repaired(), [2, 1]);
    await ferry.server.repository.commit({ 'apps/production/f.yaml': 'f: 1\n' });
    await ferry.tell('config/f.yaml');
    await workOff();
    assert.deepEqual(await swept(), [['asked again', ['config#f.yaml']]]);
    await workOff();
  });

  test('what new rules reach is looked at because of them', async () => {
    await ferry.put('more/a.yaml', 'a: 1\n');
    const more = `  - { name: more, bucket: ${BUCKET}, prefix: more/, files: more }\nimages:`;
    await ferry.server.repository.commit({ 'gitferry.yaml': CONFIG.replace('images:', more) });
    await swept();
    await workOff();
    assert.deepEqual(repaired(), [1, undefined]);
  });
});
