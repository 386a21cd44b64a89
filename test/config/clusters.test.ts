import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadClusters } from '../../shared/config/clusters.ts';
import { loadNudgeEnvironment } from '../../shared/config/nudge.ts';

test('clusters are named as people know them', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-1:1:secret:team/prod-AbCdEf';
  const clusters = loadClusters({
    GITFERRY_CLUSTERS: `eks:prod, eks:prod@us-east-1,secret:team/kube,secret:${arn}`,
    GITFERRY_KUBECONFIG: '/a/one.yaml:/b/config:/c/config',
  });
  assert.deepEqual(
    clusters.map(({ name }) => name),
    ['prod', 'prod@us-east-1', 'team/kube', 'team/prod', 'one', '/b/config', '/c/config'],
  );
  assert.deepEqual(clusters[1], { kind: 'eks', name: 'prod@us-east-1', cluster: 'prod', region: 'us-east-1' });
  assert.deepEqual(clusters[3], { kind: 'secret', name: 'team/prod', id: arn });
});

for (const list of [
  'prod',
  'eks:',
  'eks:a b',
  'eks:prod@nowhere',
  'secret:',
  'secret:a b',
  'eks:x,eks:x',
  'file:/etc/x',
])
  test(`${list} is no list of clusters`, () => {
    assert.throws(() => loadClusters({ GITFERRY_CLUSTERS: list }), { reason: 'EnvironmentInvalid' });
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
