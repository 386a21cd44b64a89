import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../shared/agent/cluster.ts';
import { refOf } from '../../shared/agent/field.ts';
import { fakeCluster, touch } from '../agent/fake-cluster.ts';
import { application, gitRepository, helmRelease, kustomization } from '../agent/objects.ts';
import { failure } from '../source/fixture.ts';
import { run } from './fixture.ts';

const APPS = kustomization('apps', './apps');
const SHOP = helmRelease('shop', {});

const converge = (object: unknown, more: object = {}) => ({
  ...{ source: 'gitferry', 'detail-type': 'Converge' },
  detail: { deployment: 'production', cluster: 'prod', object, ...more },
});

const holding = (...objects: KubeObject[]) => ({
  prod: fakeCluster('prod', objects),
  other: fakeCluster('other', objects),
});

for (const object of [APPS, SHOP])
  test(`a ${object.kind} is asked to apply again, in the cluster that is named alone`, async () => {
    const { prod, other } = holding(APPS, SHOP);
    const deps = run([other, prod], [], { ways: () => assert.fail('the ways were read') });
    await deps.tell(converge(refOf(object)));
    const { name } = object.metadata;
    const asked = `${object.kind} ${name} reconcile.fluxcd.io/requestedAt=2030-01-01T12:00:00.000Z`;
    assert.deepEqual([prod.annotated, other.annotated], [[asked], []]);
    assert.deepEqual(deps.logged, ['asked to apply again prod']);
  });

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' };
for (const [what, event] of [
  ['a Deployment', converge(deployment)],
  ['a GitRepository', converge(refOf(gitRepository('main')))],
  ['an Application', converge(refOf(application('shop', {})))],
  ['a Kustomization of another API', converge({ ...refOf(APPS), apiVersion: 'kustomize.config.k8s.io/v1beta1' })],
  ['a Kustomization without a namespace', converge({ ...refOf(APPS), namespace: null })],
  ['one of another deployment', converge(refOf(APPS), { deployment: 'staging' })],
  ['one that somebody else sent', { ...converge(refOf(APPS)), source: 'acme' }],
] as const)
  test(`${what} is asked for nothing`, async () => {
    const { prod } = holding(APPS, SHOP, gitRepository('main'), application('shop', {}));
    prod.before = (request) => assert.fail(request);
    const deps = run([prod]);
    await deps.tell(event);
    assert.deepEqual(deps.logged, ['not a landing of this deployment']);
  });

test('what is suspended, gone, or in a cluster that is not known is left alone', async () => {
  const prod = fakeCluster('prod', [kustomization('apps', './apps', { suspend: true })]);
  const deps = run([prod]);
  await deps.tell(converge(refOf(APPS)));
  await deps.tell(converge(refOf(SHOP)));
  await deps.tell(converge(refOf(APPS), { cluster: 'elsewhere' }));
  assert.deepEqual(prod.annotated, []);
  assert.deepEqual(deps.logged, [
    'suspended, and left alone prod',
    'not there any more prod',
    'no such cluster elsewhere',
  ]);
});

test('what changes meanwhile is read again, and what does so all the time is Retryable', async () => {
  const { prod } = holding(APPS);
  let times = 0;
  let most = 2;
  prod.before = (request) => {
    if (!request.startsWith('annotate')) return;
    times += 1;
    if (times <= most) touch(prod, 'apps', (one) => one);
  };
  await run([prod]).tell(converge(refOf(APPS)));
  assert.deepEqual([times, prod.annotated.length], [3, 1]);
  most = Number.POSITIVE_INFINITY;
  assert.equal((await failure(run([prod]).tell(converge(refOf(APPS))))).reason, 'ClusterBusy');
});
