import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nudgeCluster } from '../../functions/nudge/cluster.ts';
import type { KubeObject, ObjectRef } from '../../shared/agent/cluster.ts';
import { type FakeCluster, fakeCluster, touch } from '../agent/fake-cluster.ts';
import { application, gitRepository, kustomization, REPOSITORY } from '../agent/objects.ts';
import { COMMIT } from '../notify/notices.ts';
import { failure } from '../source/fixture.ts';
import { NOON } from './fixture.ts';

const TARGET = { repository: REPOSITORY, branch: 'main', commit: COMMIT, paths: ['apps/x.yaml'] };
const ASKED = 'GitRepository main reconcile.fluxcd.io/requestedAt=2030-01-01T12:00:00.000Z';

async function nudged(fake: FakeCluster) {
  const done = await nudgeCluster(fake, TARGET, () => NOON);
  const names = (refs: readonly ObjectRef[]) => refs.map(({ name }) => name);
  return { nudged: names(done.nudged), already: names(done.already), suspended: names(done.suspended) };
}

const app = (name: string, path: string, more: object = {}): KubeObject =>
  application(name, { source: { repoURL: REPOSITORY, targetRevision: 'main', path } }, more);

const annotated = (key: string, value: string) => (one: KubeObject) => ({
  ...one,
  metadata: { ...one.metadata, annotations: { ...one.metadata.annotations, [key]: value } },
});

test('of Flux the sources are asked and nothing else, of Argo CD what the paths concern', async () => {
  const fake = fakeCluster('test', [
    gitRepository('main'),
    gitRepository('other', { ref: { branch: 'other' } }),
    kustomization('apps', './apps'),
    app('shop', 'apps'),
    app('tools', 'tools'),
  ]);
  assert.deepEqual(await nudged(fake), { nudged: ['main', 'shop'], already: [], suspended: [] });
  assert.deepEqual(fake.annotated.sort(), ['Application shop argocd.argoproj.io/refresh=normal', ASKED]);
});

test('what is suspended is reported, and left alone', async () => {
  const annotations = { 'argocd.argoproj.io/skip-reconcile': 'true' };
  const fake = fakeCluster('test', [
    gitRepository('main', { suspend: true }),
    kustomization('apps', './apps', { suspend: true }),
    kustomization('tools', './tools', { suspend: true }),
    app('shop', 'apps', { metadata: { annotations } }),
  ]);
  assert.deepEqual(await nudged(fake), { nudged: [], already: [], suspended: ['main', 'shop', 'apps'] });
  assert.deepEqual(fake.annotated, []);
});

test('what has the commit is not asked, nor an Application that is to refresh anyway', async () => {
  const fake = fakeCluster('test', [
    gitRepository('main', {}, { status: { artifact: { revision: `main@sha1:${COMMIT}` } } }),
    app('has', 'apps', { status: { sync: { revision: COMMIT } } }),
    app('waits', 'apps', { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } }),
  ]);
  assert.deepEqual(await nudged(fake), { nudged: ['waits'], already: ['main', 'has'], suspended: [] });
  assert.deepEqual(fake.annotated, []);
});

test('what changed meanwhile is read again', async () => {
  const fake = fakeCluster('test', [gitRepository('main')]);
  let times = 0;
  fake.before = (request) => {
    if (!request.startsWith('annotate')) return;
    times += 1;
    if (times < 3) touch(fake, 'main', annotated('team', `change ${times}`));
  };
  assert.deepEqual((await nudged(fake)).nudged, ['main']);
  assert.deepEqual(fake.annotated, [ASKED]);
  assert.equal(times, 3);
});

for (const [what, change, outcome] of [
  ['asked it, too', annotated('reconcile.fluxcd.io/requestedAt', 'just now'), 'nudged'],
  ['suspended it', (one: KubeObject) => ({ ...one, spec: { ...(one.spec as object), suspend: true } }), 'suspended'],
  [
    'made it fetch the commit',
    (one: KubeObject) => ({ ...one, status: { artifact: { revision: `main@sha1:${COMMIT}` } } }),
    'already',
  ],
] as const)
  test(`somebody else ${what} meanwhile: ${outcome}`, async () => {
    const fake = fakeCluster('test', [gitRepository('main')]);
    fake.before = (request) => {
      if (request.startsWith('annotate')) touch(fake, 'main', change);
    };
    assert.deepEqual(await nudged(fake), { nudged: [], already: [], suspended: [], [outcome]: ['main'] });
    assert.deepEqual(fake.annotated, []);
  });

test('what changes all the time is Retryable, and what went is forgotten', async () => {
  const busy = fakeCluster('prod', [gitRepository('main')]);
  busy.before = (request) => {
    if (request.startsWith('annotate')) touch(busy, 'main', (one) => one);
  };
  const error = await failure(nudgeCluster(busy, TARGET, () => NOON));
  assert.deepEqual([error.name, error.reason], ['Retryable', 'ClusterBusy']);
  const gone = fakeCluster('prod', [gitRepository('main')]);
  gone.before = (request) => {
    if (request.startsWith('annotate')) gone.objects.pop();
  };
  assert.deepEqual(await nudged(gone), { nudged: [], already: [], suspended: [] });
});
