import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { stringify } from 'yaml';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { DIGEST, deployment, gitRepository, kustomization, request } from './manifests.ts';
import { conditionOf, isReady } from './objects.ts';

const IMAGE = 'registry.example.com/shop';
const CHART = { apiVersion: 'v2', name: 'shop', version: '1.2.3' };
const TEMPLATE =
  'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  version: {{ .Chart.Version }}\n';

let cluster: Cluster;
let git: GitServer;

/** A GitRepository of these files. */
async function follow(name: string): Promise<void> {
  await cluster.apply([gitRepository('flux-system', name, git.url)]);
  await cluster.until('GitRepository', 'flux-system', name, isReady);
}

async function rolledOut(namespace: string, name: string): Promise<void> {
  await cluster.until('Deployment', namespace, name, ({ status, spec, metadata }) => {
    const { observedGeneration, updatedReplicas, availableReplicas } = status ?? {};
    return (
      observedGeneration === metadata.generation &&
      [updatedReplicas, availableReplicas].every((n) => n === spec.replicas)
    );
  });
}

before(async () => {
  git = await startGitServer({
    'app/deployment.yaml': stringify(deployment('default', 'shop', `${IMAGE}:1@${DIGEST}`)),
    'charts/shop/Chart.yaml': stringify(CHART),
    'charts/shop/templates/config.yaml': TEMPLATE,
  });
  cluster = await startCluster({
    controllers: ['kustomize', 'helm', 'notification'],
    users: [{ name: 'nobody-special' }, { name: 'viewer', groups: ['readers'] }],
    namespaces: ['bad'],
  });
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await git?.close();
});

test('a Kustomization applies what a branch holds, and each new commit when asked', async () => {
  await follow('apps');
  await cluster.apply([kustomization('flux-system', 'apps', './app')]);
  const first = await cluster.until('Kustomization', 'flux-system', 'apps', isReady);
  assert.equal(first.status.lastAppliedRevision, `main@sha1:${await git.repository.git('rev-parse', 'main')}`);
  const [pod] = await cluster.list('Pod', 'default', 'app=shop');
  assert.equal(pod?.status.containerStatuses[0].imageID, `${IMAGE}@${DIGEST}`);
  assert.equal(pod?.status.containerStatuses[0].image, `${IMAGE}:1@${DIGEST}`);

  const oid = await git.repository.commit({
    'app/deployment.yaml': stringify(deployment('default', 'shop', `${IMAGE}:2`)),
  });
  await cluster.patch('GitRepository', 'flux-system', 'apps', request());
  await cluster.until(
    'Kustomization',
    'flux-system',
    'apps',
    ({ status }) => status.lastAppliedRevision === `main@sha1:${oid}`,
  );
  const { spec } = await cluster.until(
    'Deployment',
    'default',
    'shop',
    ({ status }) => status.observedGeneration === 2,
  );
  assert.equal(spec.template.spec.containers[0].image, `${IMAGE}:2`);
});

test('a GitRepository whose server does not answer says so, and keeps what it has', async () => {
  await follow('gone');
  await cluster.patch('GitRepository', 'flux-system', 'gone', { spec: { url: 'http://127.0.0.1:9/main.git' } });
  const { status } = await cluster.until('GitRepository', 'flux-system', 'gone', (object) => {
    return object.status.observedGeneration === 2;
  });
  assert.equal(conditionOf({ status } as never, 'Ready')?.reason, 'GitOperationFailed');
  assert.match(status.artifact.revision, /^main@sha1:/u);
});

test('a GitRepository is read with its password, and not at all while it is suspended', async () => {
  const authorization = `Basic ${Buffer.from('flux:p4ss').toString('base64')}`;
  const locked = await startGitServer(git.repository, { authorization });
  try {
    const stringData = { username: 'flux', password: 'p4ss' };
    await cluster.apply([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'locked', namespace: 'flux-system' }, stringData },
      gitRepository('flux-system', 'locked', locked.url),
    ]);
    await cluster.until('GitRepository', 'flux-system', 'locked', (object) => {
      return conditionOf(object, 'Ready')?.reason === 'GitOperationFailed';
    });
    await cluster.patch('GitRepository', 'flux-system', 'locked', { spec: { secretRef: { name: 'locked' } } });
    await cluster.until('GitRepository', 'flux-system', 'locked', isReady);

    await cluster.patch('GitRepository', 'flux-system', 'locked', { spec: { suspend: true } });
    const asked = locked.requests.length;
    await cluster.patch('GitRepository', 'flux-system', 'locked', request());
    // What comes later to another one is handled; so this one would have been.
    await follow('later');
    assert.equal(locked.requests.length, asked);
  } finally {
    await locked.close();
  }
});

test('a HelmRelease installs a chart out of Git, and its next version', async () => {
  await follow('charts');
  const chart = {
    spec: { chart: './charts/shop', interval: '1h', sourceRef: { kind: 'GitRepository', name: 'charts' } },
  };
  await cluster.apply([
    {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'shop', namespace: 'flux-system' },
      spec: { interval: '1h', timeout: '30s', chart },
    },
  ]);
  const release = await cluster.until('HelmRelease', 'flux-system', 'shop', isReady);
  assert.equal(release.status.history[0].chartVersion, '1.2.3');
  assert.equal((await cluster.get('ConfigMap', 'flux-system', 'shop'))?.data.version, '1.2.3');

  await git.repository.commit({ 'charts/shop/Chart.yaml': stringify({ ...CHART, version: '1.3.0' }) });
  await cluster.patch('GitRepository', 'flux-system', 'charts', request());
  await cluster.until('ConfigMap', 'flux-system', 'shop', ({ data }) => data.version === '1.3.0');
});

test('a Receiver annotates its GitRepository for whoever knows its token, and for nobody else', async () => {
  await follow('hooked');
  await cluster.apply([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'hook', namespace: 'flux-system' },
      stringData: { token: 't0p' },
    },
    {
      apiVersion: 'notification.toolkit.fluxcd.io/v1',
      kind: 'Receiver',
      metadata: { name: 'hook', namespace: 'flux-system' },
      spec: {
        type: 'generic-hmac',
        secretRef: { name: 'hook' },
        resources: [{ kind: 'GitRepository', name: 'hooked' }],
      },
    },
  ]);
  const { status } = await cluster.until('Receiver', 'flux-system', 'hook', isReady);
  const send = (key: string) => {
    const body = '{}';
    const headers = { 'x-signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}` };
    return fetch(`${cluster.receiver}${status.webhookPath}`, { method: 'POST', headers, body });
  };
  const refused = await send('other');
  await refused.text();
  assert.ok(refused.status >= 400, `${refused.status}`);
  const untouched = await cluster.get('GitRepository', 'flux-system', 'hooked');
  assert.equal(untouched?.metadata.annotations, undefined);

  const oid = await git.repository.commit({ 'README.md': 'more\n' });
  assert.equal((await send('t0p')).status, 200);
  const object = await cluster.until('GitRepository', 'flux-system', 'hooked', (one) => {
    return one.status.artifact.revision === `main@sha1:${oid}`;
  });
  assert.equal(object.status.lastHandledReconcileAt, object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt']);
});

test('pods come up, but for those of images that are bad', async () => {
  const unready =
    (reason: string) => (one: { status?: { containerStatuses?: { state: { waiting?: { reason: string } } }[] } }) =>
      one.status?.containerStatuses?.[0]?.state.waiting?.reason === reason;
  await cluster.apply([
    deployment('bad', 'good', `${IMAGE}:2`, 3),
    deployment('bad', 'crashes', `${IMAGE}:2-bad`),
    deployment('bad', 'absent', `${IMAGE}:2@${DIGEST}`),
  ]);
  await rolledOut('bad', 'good');
  await rolledOut('bad', 'absent');
  const podOf = async (name: string) => (await cluster.list('Pod', 'bad', `app=${name}`))[0]?.metadata.name ?? '';
  await cluster.until('Deployment', 'bad', 'crashes', ({ status }) => status?.unavailableReplicas === 1);
  const crashes = await cluster.until('Pod', 'bad', await podOf('crashes'), unready('CrashLoopBackOff'));
  assert.equal(conditionOf(crashes, 'Ready')?.status, 'False');

  const message = 'manifest unknown';
  await cluster.kubelet.fail((image) => (image.endsWith(DIGEST) ? { reason: 'ImagePullBackOff', message } : null));
  await cluster.until('Pod', 'bad', await podOf('absent'), unready('ImagePullBackOff'));
  await cluster.until('Deployment', 'bad', 'absent', ({ status }) => status.unavailableReplicas === 1);
  await cluster.kubelet.fail(() => null);
  await rolledOut('bad', 'absent');

  await cluster.delete('Deployment', 'bad', 'good');
  await cluster.delete('Deployment', 'bad', 'crashes');
  const gone = async () => (await cluster.list('Pod', 'bad')).length === 1;
  while (!(await gone())) await new Promise((again) => setTimeout(again, 50));
});

test('Jobs run to their end, or fail', async () => {
  const job = (name: string, image: string) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { backoffLimit: 0, template: { spec: { restartPolicy: 'Never', containers: [{ name, image }] } } },
  });
  await cluster.apply([job('migrates', `${IMAGE}:1`), job('breaks', `${IMAGE}:1-bad`)]);
  await cluster.until('Job', 'default', 'migrates', (one) => conditionOf(one, 'Complete')?.status === 'True');
  await cluster.until('Job', 'default', 'breaks', (one) => conditionOf(one, 'Failed')?.status === 'True');
});

test('what a user asks for is written down, and nobody else’s requests', async () => {
  await cluster.kubectl(['get', '--raw', '/version'], { as: 'viewer' });
  const asked = await cluster.requests('viewer');
  assert.ok(asked.includes('get /version'), asked.join('; '));
  assert.deepEqual(await cluster.requests('admin'), []);
});

test('a user may do what RBAC says, and nothing else', async () => {
  await assert.rejects(
    cluster.kubectl(['get', 'pods'], { as: 'nobody-special' }),
    /nobody-special.+cannot list resource/u,
  );
  await cluster.apply([
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'readers' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'readers' }],
    },
  ]);
  // The API server reads the binding by a watch of its own, a moment later.
  while ((await cluster.kubectl(['get', 'pods'], { as: 'viewer' }).catch(() => null)) === null);
  await assert.rejects(
    cluster.kubectl(['delete', 'pods', '--all'], { as: 'viewer' }),
    /viewer.+cannot (?:deletecollection|delete) resource/u,
  );
});

test('an API server that was away comes back with all it knew, and controllers go on', async () => {
  await follow('back');
  await cluster.stopApiServer();
  await assert.rejects(cluster.get('ConfigMap', 'default', 'kube-root-ca.crt'));
  await cluster.startApiServer();
  assert.notEqual(await cluster.get('GitRepository', 'flux-system', 'back'), null);
  const oid = await git.repository.commit({ 'README.md': 'after\n' });
  await cluster.patch('GitRepository', 'flux-system', 'back', request());
  await cluster.until(
    'GitRepository',
    'flux-system',
    'back',
    ({ status }) => status.artifact.revision === `main@sha1:${oid}`,
  );
  await cluster.apply([deployment('bad', 'later', `${IMAGE}:3`)]);
  await rolledOut('bad', 'later');
});
