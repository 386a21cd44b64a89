import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Change } from '../../shared/change/change.ts';
import { formatChange } from '../../shared/change/own.ts';
import type { Outcome } from '../../shared/change/verdict.ts';
import type { Landed } from '../../shared/notice/landed.ts';
import { tgz } from '../artifact/tar-writer.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';

const IMAGE = 'quay.io/acme/api';
const digest = (number: number): string => `sha256:${String(number).padStart(64, '0')}`;

const rules = (rollout = ''): string => `mirrors:
  - { name: charts, bucket: releases, prefix: charts/, chart: "charts/{name}" }
  - { name: config, bucket: releases, prefix: config/, files: apps }
images:
  - { image: ${IMAGE}, name: api, policy: { semver: ">=1.0.0" }, files: ["**/*.yaml"] }
${rollout}`;

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec: { template: { spec: { containers: [{ name: api, image: ${IMAGE}:0.9.0 }] } } }
`;

function chart(version: string): Buffer {
  return tgz({ name: 'web/Chart.yaml', body: `apiVersion: v2\nname: web\nversion: ${version}\n` });
}

/** Of the newest release of a unit. */
function landed(ferry: Ferry, unit: string): Landed {
  const found = ferry.notices.findLast(({ type, detail }) => type === 'Landed' && detail.unit === unit);
  return found?.detail as unknown as Landed;
}

async function ask(ferry: Ferry, change: Change): Promise<void> {
  await ferry.send(formatChange(change));
  await ferry.invoke();
}

function verdictOf(ferry: Ferry, unit: string, verdict: Outcome): Change {
  const { release } = landed(ferry, unit);
  return { kind: 'verdict', unit, release, verdict, reason: 'PodNotReady', message: 'back-off', hint: 'look' };
}

async function end(ferry: Ferry, unit: string, verdict: Outcome): Promise<void> {
  await ask(ferry, verdictOf(ferry, unit, verdict));
}

async function drop(ferry: Ferry, key: string, bytes: Uint8Array | string): Promise<void> {
  await ferry.put(key, bytes);
  await ferry.tell(key);
  await ferry.invoke();
}

async function push(ferry: Ferry, tag: string, number: number): Promise<void> {
  ferry.images.point(IMAGE, tag, digest(number));
  await ask(ferry, { kind: 'image', image: IMAGE, tag, digest: digest(number) });
}

/** How many notices of each ferry were looked at. */
const seen = new WeakMap<Ferry, number>();

/** What was told since it was last asked. */
function told(ferry: Ferry): string[] {
  const fresh = ferry.notices.slice(seen.get(ferry) ?? 0);
  seen.set(ferry, ferry.notices.length);
  return fresh.map(({ type, detail }) => {
    const { verdict, reason, reverts } = detail;
    return [type, verdict, verdict === undefined ? reason : undefined, reverts ? 'reverts' : undefined]
      .filter((word) => word !== undefined)
      .join(' ');
  });
}

function show(ferry: Ferry, path: string): Promise<string> {
  return ferry.server.repository.git('show', `main:${path}`);
}

describe('how a release ended', () => {
  let ferry: Ferry;
  before(async () => {
    ferry = await startFerry({}, { 'deploy/api.yaml': DEPLOYMENT }, rules());
  });
  after(() => ferry.close());

  it('is recorded once and told, with what it says', async () => {
    await drop(ferry, 'config/one.yaml', 'a: 1\n');
    const verdict = verdictOf(ferry, 'config#one.yaml', 'delivered');
    const { release, commit } = landed(ferry, 'config#one.yaml');
    told(ferry);
    await ask(ferry, verdict);
    const notice = ferry.notices.at(-1);
    assert.deepEqual(notice?.type, 'Verdict');
    const { id: _, at: __, ...detail } = notice?.detail ?? {};
    assert.partialDeepStrictEqual(detail, {
      unit: 'config#one.yaml',
      ...{ release, commit, verdict: 'delivered', reason: 'PodNotReady', message: 'back-off', hint: 'look' },
      ...{ onFailure: 'revert', reverts: null, revertedBy: null, summary: 'Release apps/one.yaml' },
    });
    told(ferry);
    const pushes = ferry.pushes();
    await ask(ferry, verdict);
    assert.deepEqual([told(ferry), ferry.pushes()], [[], pushes]);
    const events = (await ferry.events()).filter(({ type }) => type === 'verdict');
    assert.equal(events.length, 1);
  });

  it('is told again when it was recorded and perhaps never told', async () => {
    await drop(ferry, 'config/crash.yaml', 'a: 1\n');
    const verdict = verdictOf(ferry, 'config#crash.yaml', 'timed-out');
    told(ferry);
    const silent = { put: () => Promise.reject(new Error('the process ended here')) };
    await ferry.send(formatChange(verdict));
    await assert.rejects(ferry.invoke({ deps: { bus: silent } }));
    await ferry.returnMessages();
    await ferry.invoke();
    assert.deepEqual(told(ferry), ['Verdict timed-out']);
  });

  it('takes a failed chart back to the latest delivered one, and holds it, however it is uploaded again', async () => {
    await drop(ferry, 'charts/web-1.0.0.tgz', chart('1.0.0'));
    await end(ferry, 'charts#web', 'delivered');
    await drop(ferry, 'charts/web-1.1.0.tgz', chart('1.1.0'));
    const failed = landed(ferry, 'charts#web');
    told(ferry);
    await end(ferry, 'charts#web', 'failed');
    assert.deepEqual(told(ferry), ['Verdict failed', 'Landed reverts']);
    assert.match(await show(ferry, 'charts/web/Chart.yaml'), /version: 1\.0\.0/u);
    const message = await ferry.server.repository.git('log', '-1', '--format=%B', 'main');
    assert.match(
      message,
      /^Revert "Release web 1\.1\.0"\n\ncharts\/web: 1\.1\.0 -> 1\.0\.0\nBecause PodNotReady: back-off\n/u,
    );
    assert.match(message, new RegExp(`^Gitferry-Reverts: ${failed.release}$`, 'mu'));
    assert.match(message, new RegExp(`^Gitferry-Held: ${failed.content}$`, 'mu'));
    const pushes = ferry.pushes();
    await drop(ferry, 'charts/web-1.1.0.tgz', chart('1.1.0'));
    await ask(ferry, { kind: 'prefix', bucket: 'releases', prefix: '' });
    assert.equal(ferry.pushes(), pushes);
    await drop(ferry, 'charts/web-1.2.0.tgz', chart('1.2.0'));
    assert.match(await show(ferry, 'charts/web/Chart.yaml'), /version: 1\.2\.0/u);
  });

  it('of two versions that came at once, lands the next best when the best one failed', async () => {
    await ferry.put(
      'charts/next-1.0.0.tgz',
      tgz({ name: 'next/Chart.yaml', body: 'apiVersion: v2\nname: next\nversion: 1.0.0\n' }),
    );
    await drop(
      ferry,
      'charts/next-2.0.0.tgz',
      tgz({ name: 'next/Chart.yaml', body: 'apiVersion: v2\nname: next\nversion: 2.0.0\n' }),
    );
    assert.match(await show(ferry, 'charts/next/Chart.yaml'), /version: 2/u);
    const pushes = ferry.pushes();
    await end(ferry, 'charts#next', 'failed');
    assert.match(await show(ferry, 'charts/next/Chart.yaml'), /version: 1/u);
    assert.equal(ferry.pushes(), pushes + 1);
  });

  it('takes a first release back to nothing', async () => {
    await drop(ferry, 'config/first.yaml', 'a: 1\n');
    await end(ferry, 'config#first.yaml', 'failed');
    await assert.rejects(show(ferry, 'apps/first.yaml'));
    await drop(ferry, 'config/first.yaml', 'a: 1\n');
    await assert.rejects(show(ferry, 'apps/first.yaml'));
    await drop(ferry, 'config/first.yaml', 'a: 2\n');
    assert.equal(await show(ferry, 'apps/first.yaml'), 'a: 2');
  });

  it('sets back the references of a failed image alone, and its tag does not return by a rebuild', async () => {
    await push(ferry, '1.0.0', 1);
    await end(ferry, 'flux-system:api', 'delivered');
    await push(ferry, '1.1.0', 2);
    assert.ok((await show(ferry, 'deploy/api.yaml')).includes(`${IMAGE}:1.1.0@${digest(2)}`));
    await end(ferry, 'flux-system:api', 'failed');
    assert.equal(await show(ferry, 'deploy/api.yaml'), DEPLOYMENT.replace(':0.9.0', `:1.0.0@${digest(1)}`).trimEnd());
    await push(ferry, '1.1.0', 3);
    assert.ok((await show(ferry, 'deploy/api.yaml')).includes(':1.0.0@'));
    await push(ferry, '1.2.0', 4);
    assert.ok((await show(ferry, 'deploy/api.yaml')).includes(`:1.2.0@${digest(4)}`));
    await end(ferry, 'flux-system:api', 'delivered');
  });

  it('a file that goes back keeps the image that its references say', async () => {
    const file = (label: string, tag: string): string =>
      DEPLOYMENT.replace('name: api }', `name: ${label} }`).replace('0.9.0', tag);
    await drop(ferry, 'config/img.yaml', file('one', '1.2.0'));
    await end(ferry, 'config#img.yaml', 'delivered');
    await drop(ferry, 'config/img.yaml', file('two', '1.2.0'));
    await push(ferry, '1.3.0', 5);
    const release = ferry.notices.findLast(({ type, detail }) => type === 'Landed' && detail.unit === 'config#img.yaml')
      ?.detail.release as string;
    await ask(ferry, {
      kind: 'verdict',
      unit: 'config#img.yaml',
      release,
      verdict: 'failed',
      reason: 'Broken',
      message: 'x',
      hint: '',
    } as Change);
    const now = await show(ferry, 'apps/img.yaml');
    assert.ok(now.includes('name: one') && now.includes(':1.3.0@'), now);
  });

  it('an edit by a person keeps a failed release from going back, and is told; the content is held', async () => {
    await drop(ferry, 'config/edited.yaml', 'a: 1\n');
    await end(ferry, 'config#edited.yaml', 'delivered');
    await drop(ferry, 'config/edited.yaml', 'a: 2\n');
    await ferry.server.repository.commit({ 'apps/edited.yaml': 'a: 2 # mine\n' });
    told(ferry);
    await end(ferry, 'config#edited.yaml', 'failed');
    assert.deepEqual(told(ferry), ['Verdict failed', 'Stalled RevertConflict']);
    assert.equal(await show(ferry, 'apps/edited.yaml'), 'a: 2 # mine');
  });

  it("a person's own revert is all that is needed", async () => {
    await drop(ferry, 'config/own.yaml', 'a: 1\n');
    await drop(ferry, 'config/own.yaml', 'a: 2\n');
    await ferry.server.repository.commit({ 'apps/own.yaml': 'a: 1\n' });
    const tip = await ferry.server.repository.git('rev-parse', 'main');
    told(ferry);
    await end(ferry, 'config#own.yaml', 'failed').catch(() => undefined);
    assert.equal(await ferry.server.repository.git('rev-parse', 'main'), tip);
  });

  it('a revert that fails is left for a person', async () => {
    await drop(ferry, 'config/twice.yaml', 'a: 1\n');
    await end(ferry, 'config#twice.yaml', 'delivered');
    await drop(ferry, 'config/twice.yaml', 'a: 2\n');
    await end(ferry, 'config#twice.yaml', 'failed');
    const tip = await ferry.server.repository.git('rev-parse', 'main');
    await end(ferry, 'config#twice.yaml', 'failed');
    assert.deepEqual(told(ferry).slice(-2), ['Verdict failed reverts', 'Stalled RevertFailed']);
    assert.equal(await ferry.server.repository.git('rev-parse', 'main'), tip);
  });

  it('lets what is held land when a person lifts it, by version, release or digest', async () => {
    await drop(ferry, 'charts/web-1.3.0.tgz', chart('1.3.0'));
    const failed = landed(ferry, 'charts#web');
    await end(ferry, 'charts#web', 'failed');
    assert.match(await show(ferry, 'charts/web/Chart.yaml'), /1\.2\.0/u);
    for (const version of ['1.3.0', failed.release, failed.content ?? '']) {
      await ask(ferry, { kind: 'lift', unit: 'charts#web', version });
      assert.match(await show(ferry, 'charts/web/Chart.yaml'), /1\.3\.0/u, version);
      await end(ferry, 'charts#web', 'failed');
      assert.match(await show(ferry, 'charts/web/Chart.yaml'), /1\.2\.0/u);
    }
  });

  it('takes back what a person asks for, once', async () => {
    await drop(ferry, 'config/asked.yaml', 'a: 1\n');
    await drop(ferry, 'config/asked.yaml', 'a: 2\n');
    const { release } = landed(ferry, 'config#asked.yaml');
    const change = { kind: 'rollback', unit: 'config#asked.yaml', release, by: 'sam', why: 'too loud' } as const;
    await ask(ferry, change);
    assert.equal(await show(ferry, 'apps/asked.yaml'), 'a: 1');
    const tip = await ferry.server.repository.git('rev-parse', 'main');
    assert.match(await ferry.server.repository.git('log', '-1', '--format=%B', 'main'), /^Because too loud$/mu);
    await ask(ferry, change);
    assert.equal(await ferry.server.repository.git('rev-parse', 'main'), tip);
  });

  it('of two releases in one push, only the failed one goes back', async () => {
    await ferry.put('config/good.yaml', 'a: 1\n');
    await ferry.put('config/bad.yaml', 'a: 1\n');
    await ferry.tell('config/good.yaml', 'config/bad.yaml');
    await ferry.invoke();
    await end(ferry, 'config#bad.yaml', 'failed');
    assert.equal(await show(ferry, 'apps/good.yaml'), 'a: 1');
    await assert.rejects(show(ferry, 'apps/bad.yaml'));
  });

  it('while gitferry.yaml is broken, a failed release still goes back, and nothing else happens', async () => {
    await drop(ferry, 'config/broken.yaml', 'a: 1\n');
    await end(ferry, 'config#broken.yaml', 'delivered');
    await drop(ferry, 'config/broken.yaml', 'a: 2\n');
    await ferry.server.repository.commit({ 'gitferry.yaml': 'mirrors: nonsense\n' });
    await ferry.put('config/meanwhile.yaml', 'a: 1\n');
    await ferry.tell('config/meanwhile.yaml');
    await end(ferry, 'config#broken.yaml', 'failed');
    assert.equal(await show(ferry, 'apps/broken.yaml'), 'a: 1');
    await assert.rejects(show(ferry, 'apps/meanwhile.yaml'));
    await ferry.server.repository.commit({ 'gitferry.yaml': rules() });
    await ask(ferry, { kind: 'config' });
    assert.equal(await show(ferry, 'apps/meanwhile.yaml'), 'a: 1');
    assert.equal(await show(ferry, 'apps/broken.yaml'), 'a: 1');
  });
});

describe('what the rule says of a failed release', () => {
  it('hold: it stays, and nothing more of the unit lands until a person lets it', async () => {
    const ferry = await startFerry({}, { 'deploy/api.yaml': DEPLOYMENT }, rules('rollout: { onFailure: hold }\n'));
    try {
      await drop(ferry, 'config/a.yaml', 'a: 1\n');
      await push(ferry, '1.0.0', 1);
      await end(ferry, 'config#a.yaml', 'failed');
      await end(ferry, 'flux-system:api', 'failed');
      await drop(ferry, 'config/a.yaml', 'a: 2\n');
      await push(ferry, '1.1.0', 2);
      assert.equal(await show(ferry, 'apps/a.yaml'), 'a: 1');
      assert.ok((await show(ferry, 'deploy/api.yaml')).includes(':1.0.0@'));
      await ask(ferry, { kind: 'lift', unit: 'config#a.yaml', version: 'any' });
      await ask(ferry, { kind: 'lift', unit: 'flux-system:api', version: '1.1.0' });
      assert.equal(await show(ferry, 'apps/a.yaml'), 'a: 2');
      assert.ok((await show(ferry, 'deploy/api.yaml')).includes(':1.1.0@'));
    } finally {
      await ferry.close();
    }
  });

  it('notify: it is told, and that is all', async () => {
    const ferry = await startFerry({}, {}, rules('rollout: { onFailure: notify, deadline: 5m }\n'));
    try {
      await drop(ferry, 'config/a.yaml', 'a: 1\n');
      assert.deepEqual(landed(ferry, 'config#a.yaml').rollout, { deadline: 300_000, onFailure: 'notify' });
      await end(ferry, 'config#a.yaml', 'failed');
      assert.equal(await show(ferry, 'apps/a.yaml'), 'a: 1');
      await drop(ferry, 'config/a.yaml', 'a: 2\n');
      assert.equal(await show(ferry, 'apps/a.yaml'), 'a: 2');
    } finally {
      await ferry.close();
    }
  });
});
