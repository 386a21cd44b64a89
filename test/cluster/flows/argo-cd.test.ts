import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startArgoCd } from '../argo-cd.ts';
import { type ClusterFlow, startClusterFlow } from './flow.ts';
import { app, imageOf, rules, SHOPS } from './manifests.ts';

/** `own`: the address of the repository as this Application writes it. */
function application(name: string, repoURL: string): object {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name, namespace: 'argocd' },
    spec: {
      project: 'default',
      source: { repoURL, targetRevision: 'main', path: `apps/${name}` },
      destination: { server: 'https://kubernetes.default.svc', namespace: SHOPS },
      syncPolicy: { automated: { prune: true, selfHeal: true } },
    },
  };
}

describe('an image that Argo CD rolls out', () => {
  let flow: ClusterFlow;
  let stopArgoCd = (): void => undefined;
  before(async () => {
    flow = await startClusterFlow({
      controllers: [],
      namespaces: [SHOPS],
      files: (registry) => ({
        'gitferry.yaml': rules(registry, ['api', 'web']),
        'apps/api/deployment.yaml': app(registry, 'api'),
        'apps/web/deployment.yaml': app(registry, 'web'),
      }),
    });
    stopArgoCd = startArgoCd(flow.cluster, flow.repository);
    await flow.cluster.apply(['api', 'web'].map((name) => application(name, flow.stack.repository)));
    // What was not in order before a release can't be blamed on it.
    for (const name of ['api', 'web'])
      await flow.cluster.until('Deployment', SHOPS, name, ({ status }) => status?.availableReplicas === 1);
  });
  after(async () => {
    stopArgoCd();
    await flow?.[Symbol.asyncDispose]();
  });

  it('is nudged by a refresh of its Application alone, and told as delivered', async () => {
    const other = await flow.cluster.get('Application', 'argocd', 'web');
    const digest = await flow.push('api', '1.0.0');
    const verdict = await flow.next('Verdict', imageOf('api'));
    assert.partialDeepStrictEqual(verdict, { verdict: 'delivered', content: digest });
    const after = await flow.cluster.get('Application', 'argocd', 'web');
    assert.equal(after?.metadata.resourceVersion, other?.metadata.resourceVersion);
    const deployment = await flow.cluster.get('Deployment', SHOPS, 'api');
    assert.ok(deployment?.spec.template.spec.containers[0].image.endsWith(`@${digest}`));
  });

  it('fails by the words of its pods, and goes back', async () => {
    await flow.cluster.kubelet.fail((image) =>
      image.includes('/web:1.0.0@') ? { reason: 'CrashLoopBackOff', message: 'panic: nil map' } : null,
    );
    const digest = await flow.push('web', '1.0.0');
    const failed = await flow.next('Verdict', imageOf('web'));
    assert.partialDeepStrictEqual(failed, { verdict: 'failed', content: digest });
    assert.match(String(failed.message), /panic: nil map/u);
    const back = await flow.next('Verdict', imageOf('web'), 1);
    assert.partialDeepStrictEqual(back, { verdict: 'delivered', reverts: failed.release });
  });
});
