import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readApplication, syncedRevisions } from '../../shared/agent/argo-cd.ts';
import { readCanary } from '../../shared/agent/flagger.ts';
import { commitOf, inventoryOf, readHelmRelease, readKustomization } from '../../shared/agent/flux.ts';
import { readPod } from '../../shared/agent/pod.ts';
import { podsOf, readWorkload } from '../../shared/agent/workload.ts';
import { fakeCluster } from './fake-cluster.ts';
import { application, helmRelease, kustomization, object, REPOSITORY } from './objects.ts';

const COMMIT = 'c'.repeat(40);
const ODD = [
  null,
  undefined,
  7,
  'text',
  [],
  [[]],
  { conditions: 'none' },
  { conditions: [null, 7, {}] },
  { inventory: 7 },
];

test('whatever a status holds, its readers read it', () => {
  for (const odd of ODD)
    for (const spec of ODD) {
      const status = { status: odd };
      assert.deepEqual(readKustomization(kustomization('x', 'x', {}, status)).status.conditions, []);
      assert.deepEqual(readHelmRelease(helmRelease('x', { spec }, status)).status.history, []);
      assert.deepEqual(readApplication(application('x', { spec }, status)).status.resources, []);
      assert.equal(readCanary(object('flagger.app/v1beta1', 'Canary', 'x', spec, status)).phase, null);
      assert.deepEqual(readPod(object('v1', 'Pod', 'x', spec, status), null).running, []);
      for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet'])
        assert.deepEqual(readWorkload(object('apps/v1', kind, 'x', spec, status)).images, []);
    }
});

test('what an agent says at length is cut', () => {
  const status = { conditions: [{ type: 'Ready', status: 'False', message: 'x'.repeat(1_000_000) }] };
  const [ready] = readKustomization(kustomization('x', 'x', {}, { status })).status.conditions;
  assert.ok((ready?.message?.length ?? 0) < 20_000);
});

for (const [revision, commit] of [
  [`main@sha1:${COMMIT}`, COMMIT],
  [`refs/heads/main@sha1:${COMMIT}`, COMMIT],
  [`sha1:${COMMIT}`, COMMIT],
  [`main/${COMMIT}`, COMMIT],
  [COMMIT, COMMIT],
  [`latest@sha256:${'d'.repeat(64)}`, null],
  [`x${COMMIT}`, null],
  ['main', null],
  [null, null],
] as const)
  test(`${revision} names ${commit ?? 'no commit'}`, () => {
    assert.equal(commitOf(revision), commit);
  });

test('an inventory names objects, with the colons of RBAC', () => {
  const entries = [
    { id: 'shop_web_apps_Deployment', v: 'v1' },
    { id: 'shop_config__ConfigMap', v: 'v1' },
    { id: '_gitferry__nudge_rbac.authorization.k8s.io_ClusterRole', v: 'v1' },
    { id: 'nonsense', v: 'v1' },
  ];
  assert.deepEqual(inventoryOf({ entries }), [
    { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
    { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'config' },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespace: null, name: 'gitferry:nudge' },
  ]);
  assert.deepEqual(inventoryOf(null), []);
});

test('of several sources of an Application the revisions of ours alone count', () => {
  const ours = { repoURL: REPOSITORY, targetRevision: 'main', path: 'a' };
  const status = { sync: { revision: 'z', revisions: ['1.0.0', COMMIT] } };
  const main = { repository: REPOSITORY, branch: 'main' };
  const many = application('x', { sources: [{ repoURL: 'https://charts.example', chart: 'c' }, ours] }, { status });
  assert.deepEqual(syncedRevisions(readApplication(many), main), [COMMIT]);
  assert.deepEqual(syncedRevisions(readApplication(application('x', { source: ours }, { status })), main), ['z']);
});

for (const [interval, milliseconds] of [
  ['1m30s', 90_000],
  ['15s', 15_000],
  ['1s', 10_000],
  ['1h', 3_600_000],
  ['soon', 60_000],
  [30, 60_000],
  [undefined, 60_000],
] as const)
  test(`Flagger takes an interval of ${interval} for ${milliseconds} ms`, () => {
    const spec = { targetRef: { kind: 'Deployment', name: 'web' }, analysis: { interval } };
    const canary = readCanary(object('flagger.app/v1beta1', 'Canary', 'web', spec));
    assert.equal(canary.interval, milliseconds);
    assert.deepEqual([canary.target?.name, canary.primary?.name], ['web', 'web-primary']);
  });

const DONE = { observedGeneration: 1, replicas: 3, updatedReplicas: 3, availableReplicas: 3 };
const LATE = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'It timed out.' };

for (const [what, kind, spec, status, rollout, message] of [
  ['all are available', 'Deployment', { replicas: 3 }, DONE, 'complete', ''],
  ['it was scaled to none', 'Deployment', { replicas: 0 }, { observedGeneration: 1 }, 'complete', ''],
  ['nobody has seen it', 'Deployment', { replicas: 3 }, { ...DONE, observedGeneration: 0 }, 'progressing', /not seen/u],
  [
    'some are old',
    'Deployment',
    { replicas: 3 },
    { ...DONE, updatedReplicas: 2 },
    'progressing',
    /^2 of 3 pods are of/u,
  ],
  ['old ones are left', 'Deployment', { replicas: 3 }, { ...DONE, replicas: 4 }, 'progressing', /^1 pods of the old/u],
  [
    'some are not available',
    'Deployment',
    { replicas: 3 },
    { ...DONE, availableReplicas: 1 },
    'progressing',
    /^1 of 3/u,
  ],
  [
    'Kubernetes gave up',
    'Deployment',
    { replicas: 3 },
    { ...DONE, availableReplicas: 1, conditions: [LATE] },
    'stuck',
    /timed out/u,
  ],
  ['it gave up before', 'Deployment', { replicas: 3 }, { ...DONE, conditions: [LATE] }, 'complete', ''],
  ['it is paused', 'Deployment', { replicas: 3, paused: true }, { ...DONE, updatedReplicas: 0 }, 'paused', /^0 of 3/u],
  [
    'those above the partition are new',
    'StatefulSet',
    { replicas: 3, updateStrategy: { rollingUpdate: { partition: 2 } } },
    { ...DONE, updatedReplicas: 1 },
    'complete',
    '',
  ],
  [
    'pods wait to be deleted',
    'StatefulSet',
    { replicas: 3, updateStrategy: { type: 'OnDelete' } },
    { ...DONE, updatedReplicas: 1 },
    'progressing',
    /somebody deletes/u,
  ],
  [
    'all nodes have it',
    'DaemonSet',
    {},
    { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
    'complete',
    '',
  ],
  [
    'one node has not',
    'DaemonSet',
    {},
    { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 },
    'progressing',
    /^1 of 2/u,
  ],
] as const)
  test(`a ${kind} is ${rollout} when ${what}`, () => {
    const read = readWorkload(object('apps/v1', kind, 'web', spec, { status }));
    assert.equal(read.rollout, rollout);
    assert.match(read.message, message === '' ? /^$/u : message);
  });

test('a selector is written as the API server reads it; one that selects all is none', () => {
  const selector = {
    matchLabels: { app: 'web' },
    matchExpressions: [{ key: 'tier', operator: 'In', values: ['a', 'b'] }],
  };
  assert.equal(readWorkload(object('apps/v1', 'Deployment', 'web', { selector })).selector, 'app=web,tier in (a,b)');
  for (const odd of [{}, { matchExpressions: [{ key: 'x', operator: 'Evil', values: [] }] }])
    assert.equal(readWorkload(object('apps/v1', 'Deployment', 'web', { selector: odd })).selector, null);
});

test('pods are told in their own words why they are not ready', () => {
  const pod = (status: object) => readPod(object('v1', 'Pod', 'web-1', {}, { status }), true).troubles;
  const container = { name: 'web', ready: false, restartCount: 3 };
  assert.deepEqual(
    pod({
      containerStatuses: [
        {
          ...container,
          state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
        },
      ],
    }),
    [
      { reason: 'CrashLoopBackOff', message: 'back-off 40s', container: 'web' },
      { reason: 'OOMKilled', message: 'exit code 137', container: 'web' },
    ],
  );
  const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' };
  assert.deepEqual(pod({ conditions: [unscheduled] }), [
    { reason: 'Unschedulable', message: '0/3 nodes', container: null },
  ]);
  assert.deepEqual(
    pod({ containerStatuses: [{ ...container, state: { waiting: { reason: 'ContainerCreating' } } }] }),
    [],
  );
  const ready = { type: 'Ready', status: 'True' };
  const waiting = { ...container, state: { waiting: { reason: 'CrashLoopBackOff' } } };
  assert.deepEqual(pod({ conditions: [ready], containerStatuses: [waiting] }), [], 'it is Ready');
});

test('a pod runs the digest that its node pulled, however that is written', () => {
  const digest = `sha256:${'1f'.repeat(32)}`;
  for (const imageID of [`example.test/web@${digest}`, `docker-pullable://example.test/web@${digest}`, digest]) {
    const status = { containerStatuses: [{ name: 'web', imageID }] };
    assert.equal(readPod(object('v1', 'Pod', 'x', {}, { status }), null).running[0]?.digest, digest);
  }
});

test('of a Deployment’s pods those of its newest ReplicaSet are current, and those of others none of its own', async () => {
  const revision = (value: string) => ({ annotations: { 'deployment.kubernetes.io/revision': value } });
  const owner = (kind: string, uid: string) => ({ ownerReferences: [{ kind, name: 'x', uid }] });
  const selector = { matchLabels: { app: 'web' } };
  const web = object('apps/v1', 'Deployment', 'web', { selector }, { metadata: { uid: 'd', ...revision('2') } });
  const sets = ['1', '2'].map((n) =>
    object(
      'apps/v1',
      'ReplicaSet',
      `web-${n}`,
      {},
      { metadata: { uid: `r${n}`, ...revision(n), ...owner('Deployment', 'd') } },
    ),
  );
  const pods = ['r1', 'r2', 'foreign'].map((uid) =>
    object('v1', 'Pod', `of-${uid}`, {}, { metadata: owner('ReplicaSet', uid) }),
  );
  const found = await podsOf(fakeCluster('test', [web, ...sets, ...pods]), readWorkload(web));
  assert.deepEqual(
    found.map(({ ref, current }) => [ref.name, current]),
    [
      ['of-r1', false],
      ['of-r2', true],
    ],
  );
});
