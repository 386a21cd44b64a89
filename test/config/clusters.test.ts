import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { connectClusters, loadClusters } from '../../shared/config/clusters.ts';
import { loadNudgeEnvironment } from '../../shared/config/nudge.ts';

test('clusters are named as people know them', () => {
  const clusters = loadClusters({
    GITFERRY_CLUSTERS: 'eks:prod, eks:prod@us-east-1,secret:team/kube',
    GITFERRY_KUBECONFIG: '/a/one.yaml:/b/config:/c/config',
  });
  assert.deepEqual(
    clusters.map(({ name }) => name),
    ['prod', 'prod@us-east-1', 'team/kube', 'one', '/b/config', '/c/config'],
  );
  assert.deepEqual(clusters[1], { kind: 'eks', name: 'prod@us-east-1', cluster: 'prod', region: 'us-east-1' });
  assert.deepEqual(clusters[2], { kind: 'secret', name: 'team/kube' });
});

for (const list of [
  'prod',
  'eks:',
  'eks:a b',
  'eks:prod@nowhere',
  'secret:',
  'secret:a b',
  'secret:arn:aws:secretsmanager:eu-west-1:1:secret:team/prod-AbCdEf',
  'eks:x,eks:x',
  'file:/etc/x',
])
  test(`${list} is no list of clusters`, () => {
    assert.throws(() => loadClusters({ GITFERRY_CLUSTERS: list }), { reason: 'EnvironmentInvalid' });
  });

test('of a secret, each function reads its own kubeconfig', async () => {
  for (const rights of ['nudge', 'verify'] as const) {
    const asked: string[] = [];
    const send = async ({ input }: { input: { SecretId: string } }) => {
      asked.push(input.SecretId);
      throw Object.assign(new Error('none'), { name: 'ResourceNotFoundException' });
    };
    const secrets = { send } as unknown as SecretsManagerClient;
    const addresses = loadClusters({ GITFERRY_CLUSTERS: 'secret:team/kube' });
    const eks = (): EKSClient => assert.fail('no cluster of EKS is named');
    const [cluster] = connectClusters(addresses, { secrets, eks, now: Date.now }, { rights });
    assert.equal(cluster?.name, 'team/kube');
    await assert.rejects(cluster.list('v1', 'Pod') ?? Promise.resolve());
    assert.deepEqual([...new Set(asked)], [`team/kube/${rights}`]);
  }
});

const ENV = {
  GITFERRY_DEPLOYMENT: 'production',
  GITFERRY_REPOSITORY: 'https://git.example/acme/main',
  GITFERRY_BUS: 'bus',
};

test('nudge needs a bus, and neither clusters nor ways', () => {
  const { clusters, branch, nudges, nudgeSecret } = loadNudgeEnvironment({ ...ENV, GITFERRY_CLUSTERS: '' });
  assert.deepEqual([clusters, branch, nudges, nudgeSecret], [[], 'main', null, null]);
  assert.throws(() => loadNudgeEnvironment({ ...ENV, GITFERRY_BUS: '' }), { reason: 'EnvironmentIncomplete' });
});
