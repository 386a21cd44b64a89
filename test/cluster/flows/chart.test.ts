import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { tgz } from '../../artifact/tar-writer.ts';
import { isReady } from '../objects.ts';
import { type ClusterFlow, startClusterFlow } from './flow.ts';
import { rules, SHOPS } from './manifests.ts';

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: { app: {{ .Release.Name }} }
spec:
  replicas: 1
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata: { labels: { app: {{ .Release.Name }} } }
    spec: { containers: [{ name: web, image: "registry.example.com/web:{{ .Chart.Version }}" }] }
`;

function chart(version: string): Buffer {
  return tgz(
    { name: 'web/Chart.yaml', body: `apiVersion: v2\nname: web\nversion: ${version}\n` },
    { name: 'web/templates/deployment.yaml', body: DEPLOYMENT },
  );
}

function helmRelease(): object {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'web', namespace: SHOPS },
    spec: {
      ...{ interval: '1h', timeout: '8s' },
      upgrade: { remediation: { retries: 0 } },
      chart: {
        spec: {
          chart: './charts/web',
          interval: '1h',
          sourceRef: { kind: 'GitRepository', name: 'main', namespace: 'flux-system' },
        },
      },
    },
  };
}

describe('a chart that is dropped into the bucket', () => {
  let flow: ClusterFlow;
  const image = async (): Promise<string> =>
    (await flow.cluster.get('Deployment', SHOPS, 'web'))?.spec.template.spec.containers[0].image ?? '';

  before(async () => {
    flow = await startClusterFlow({
      controllers: ['helm'],
      namespaces: [SHOPS],
      files: (registry) => ({ 'gitferry.yaml': rules(registry, []) }),
    });
  });
  after(() => flow?.[Symbol.asyncDispose]());

  it('is installed for the first time, and told as delivered', async () => {
    await flow.stack.put('charts/web-1.0.0.tgz', chart('1.0.0'));
    await flow.next('Landed', 'charts#web');
    await flow.cluster.apply([helmRelease()]);
    assert.partialDeepStrictEqual(await flow.next('Verdict', 'charts#web'), { verdict: 'delivered', version: '1.0.0' });
    assert.equal(await image(), 'registry.example.com/web:1.0.0');
    await flow.cluster.until('HelmRelease', SHOPS, 'web', isReady);
  });

  it('changes the Deployment of its HelmRelease', async () => {
    await flow.stack.put('charts/web-1.1.0.tgz', chart('1.1.0'));
    assert.partialDeepStrictEqual(await flow.next('Verdict', 'charts#web', 1), {
      verdict: 'delivered',
      version: '1.1.0',
    });
    assert.equal(await image(), 'registry.example.com/web:1.1.0');
  });

  it('goes back when its pods never become ready', async () => {
    await flow.stack.put('charts/web-1.2.0-bad.tgz', chart('1.2.0-bad'));
    await flow.stack.settled();
    assert.equal(flow.told('Landed', 'charts#web').length, 2, 'a prerelease lands only where the range names one');
    await flow.cluster.kubelet.fail((name) =>
      name.endsWith(':1.2.0') ? { reason: 'CrashLoopBackOff', message: 'exec format error' } : null,
    );
    await flow.stack.put('charts/web-1.2.0.tgz', chart('1.2.0'));
    const failed = await flow.next('Verdict', 'charts#web', 2);
    assert.partialDeepStrictEqual(failed, { verdict: 'failed', version: '1.2.0' });
    assert.match(await flow.show('charts/web/Chart.yaml'), /version: 1\.1\.0/u);
    const back = await flow.next('Verdict', 'charts#web', 3);
    assert.partialDeepStrictEqual(back, { verdict: 'delivered', version: '1.1.0', reverts: failed.release });
    assert.equal(await image(), 'registry.example.com/web:1.1.0');
  });
});
