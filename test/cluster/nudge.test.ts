import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { nudgeCluster } from '../../functions/nudge/cluster.ts';
import type { Cluster as Api } from '../../shared/agent/cluster.ts';
import { type ConnectOptions, connectCluster } from '../../shared/agent/connect.ts';
import { readKubeConfig } from '../../shared/agent/kube-config.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { deployment, gitRepository } from './manifests.ts';

const INFRA = join(import.meta.dirname, '../../infra/cluster');
const REPOSITORY = 'https://git.example/acme/main.git';
const TARGET = { repository: REPOSITORY, branch: 'main', commit: 'a'.repeat(40), paths: ['apps/x.yaml'] };
const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt';

let cluster: Cluster;

before(async () => {
  cluster = await startCluster({
    users: [
      { name: 'nudge', groups: ['gitferry:nudge'] },
      { name: 'verify', groups: ['gitferry:verify'] },
      { name: 'nobody' },
    ],
  });
  for (const file of ['nudge', 'verify', 'drift', 'admission'])
    await cluster.apply(await readFile(join(INFRA, `${file}.yaml`), 'utf8'));
  await cluster.apply([
    gitRepository('flux-system', 'main', 'ssh://git@git.example/acme/main'),
    gitRepository('flux-system', 'other', 'https://git.example/acme/other'),
    deployment('default', 'web', 'example.test/web:1'),
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'shop', namespace: 'argocd' },
      spec: {
        project: 'default',
        source: { repoURL: REPOSITORY, targetRevision: 'main', path: 'apps' },
        destination: { server: 'https://kubernetes.default.svc', namespace: 'default' },
      },
    },
  ]);
  await policiesAreObserved();
});

after(() => cluster?.[Symbol.asyncDispose]());

/** The API server takes policies up a moment after they are written. */
async function policiesAreObserved(): Promise<void> {
  const label = ['label', 'gitrepository', 'other', '-n', 'flux-system', '--overwrite'];
  for (let attempt = 0; ; attempt += 1) {
    const said = await cluster
      .kubectl([...label, `try=${attempt}`], { as: 'nudge' })
      .catch((error: Error) => error.message);
    if (said.includes('may not change labels')) return;
    await delay(100);
  }
}

async function connect(user: string, options: ConnectOptions = {}): Promise<Api> {
  return connectCluster(await readKubeConfig(cluster.kubeconfig(user), 'test'), 'test', options);
}

function refused(args: readonly string[], as: string): Promise<string> {
  return cluster.kubectl(args, { as }).then(
    (said) => assert.fail(`it was let do ${args.join(' ')}: ${said}`),
    (error: Error) => error.message,
  );
}

test('the role of nudge suffices to nudge what follows the repository, and only that is nudged', async () => {
  const { nudged } = await nudgeCluster(await connect('nudge'), TARGET, () => new Date('2026-01-02T03:04:05Z'));
  assert.deepEqual(
    nudged.map(({ kind, name }) => `${kind} ${name}`),
    ['GitRepository main', 'Application shop'],
  );
  const main = await cluster.get('GitRepository', 'flux-system', 'main');
  assert.equal(main?.metadata.annotations?.[REQUESTED_AT], '2026-01-02T03:04:05.000Z');
  const app = await cluster.kubectl(['get', 'application', 'shop', '-n', 'argocd', '-o', 'json']);
  assert.equal(JSON.parse(app).metadata.annotations['argocd.argoproj.io/refresh'], 'normal');
  const other = await cluster.get('GitRepository', 'flux-system', 'other');
  assert.equal(other?.metadata.annotations?.[REQUESTED_AT], undefined);
});

test('an annotation is not set on an object that has changed meanwhile', async () => {
  const api = await connect('nudge');
  const ref = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    namespace: 'flux-system',
    name: 'main',
  };
  const old = await api.get(ref);
  assert.ok(old !== null);
  await cluster.patch('GitRepository', 'flux-system', 'main', { metadata: { labels: { changed: 'yes' } } });
  assert.equal(await api.annotate(old, { [REQUESTED_AT]: 'late' }), false);
  const fresh = await api.get(ref);
  assert.equal(await api.annotate(fresh ?? old, { [REQUESTED_AT]: 'in-time' }), true);
});

for (const [what, says, patch] of [
  ['a spec', /may not change a spec/u, { spec: { url: 'https://evil.example/x' } }],
  ['suspend', /may not change a spec/u, { spec: { suspend: true } }],
  ['another annotation', /may set reconcile/u, { metadata: { annotations: { 'example.com/x': 'y' } } }],
  ['a label', /may not change labels/u, { metadata: { labels: { x: 'y' } } }],
  ['a finalizer', /may not change labels/u, { metadata: { finalizers: ['example.com/stay'] } }],
  [
    'an owner',
    /may not change labels/u,
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'x' }] } },
  ],
] as const)
  test(`nudge may not change ${what}`, async () => {
    const args = ['patch', 'gitrepository', 'other', '-n', 'flux-system', '--type=merge', '-p', JSON.stringify(patch)];
    assert.match(await refused(args, 'nudge'), says);
  });

test('nudge may neither sync an Application nor refresh it hard', async () => {
  const args = ['patch', 'application', 'shop', '-n', 'argocd', '--type=merge', '-p'];
  const operation = { operation: { sync: { revision: 'evil' } } };
  assert.match(await refused([...args, JSON.stringify(operation)], 'nudge'), /or an operation/u);
  const hard = { metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } };
  assert.match(await refused([...args, JSON.stringify(hard)], 'nudge'), /normal refresh/u);
});

test('nudge may not read workloads, and verify may not see Secrets', async () => {
  assert.match(await refused(['get', 'pods'], 'nudge'), /cannot list resource "pods"/u);
  assert.match(await refused(['get', 'secrets'], 'verify'), /cannot list resource "secrets"/u);
  await cluster.kubectl(['get', 'pods,deployments,replicasets,events', '-A'], { as: 'verify' });
});

test('a missing right is named, and the file that gives it', async () => {
  const api = await connect('nobody', { rights: 'nudge' });
  await assert.rejects(
    nudgeCluster(api, TARGET, () => new Date()),
    {
      reason: 'ClusterForbidden',
      message: /^test does not let nobody list \w+\.[a-z.]+ in all namespaces\.$/u,
      hint: /infra\/cluster\/nudge\.yaml .+gitferry:nudge/u,
    },
  );
});

test('verify may try what an apply would change, and not do it', async () => {
  const api = await connect('verify');
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'web' };
  const applied = deployment('default', 'web', 'example.test/web:2') as Parameters<Api['dryRun']>[0];
  const tried = await api.dryRun(applied, 'gitferry-test');
  assert.match(JSON.stringify(tried.spec), /web:2/u);
  assert.match(JSON.stringify((await api.get(ref))?.spec), /web:1/u);
  const patch = ['patch', 'deployment', 'web', '--type=merge', '-p', '{"spec":{"replicas":3}}'];
  assert.match(await refused(patch, 'verify'), /what they try is a dry run/u);
  const broken = { ...applied, spec: { replicas: 'many' } };
  await assert.rejects(api.dryRun(broken, 'gitferry-test'), { reason: 'ApplyRefused' });
});

test('kinds that are not served are none, and others are found', async () => {
  const api = await connect('admin');
  assert.deepEqual(await api.list('example.com/v1', 'Nothing'), []);
  assert.equal(await api.get({ apiVersion: 'v1', kind: 'Nothing', namespace: 'default', name: 'x' }), null);
  const role = await api.get({
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' },
    ...{ namespace: null, name: 'system:basic-user' },
  });
  assert.equal(role?.metadata.name, 'system:basic-user');
});

test('an API server that is away is told as unreachable, and is asked again when it is back', async () => {
  const api = await connect('nudge');
  await cluster.stopApiServer();
  await assert.rejects(
    nudgeCluster(api, TARGET, () => new Date()),
    { reason: 'ClusterUnreachable' },
  );
  await cluster.startApiServer();
  const { nudged } = await nudgeCluster(api, TARGET, () => new Date());
  assert.equal(nudged.length, 2);
});
