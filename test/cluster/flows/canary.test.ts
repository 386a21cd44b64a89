import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isReady } from '../objects.ts';
import { type ClusterFlow, startClusterFlow } from './flow.ts';
import { app, canary, imageOf, kustomization, rules, SHOPS } from './manifests.ts';

const NAMES = ['good', 'failing', 'overtaken'];

// Flagger takes the better part of a minute for each; they are looked at side by side.
describe('a release with a canary', { concurrency: true }, () => {
  let flow: ClusterFlow;
  const primary = async (name: string): Promise<string> =>
    (await flow.cluster.get('Deployment', SHOPS, `${name}-primary`))?.spec.template.spec.containers[0].image ?? '';
  const target = async (name: string): Promise<string> =>
    (await flow.cluster.get('Deployment', SHOPS, name))?.spec.template.spec.containers[0].image ?? '';
  const initialised = async (name: string): Promise<void> => {
    // Flagger takes the target's pods away: the agent must not wait for them.
    await flow.cluster.apply([kustomization(name, { wait: false })]);
    await flow.cluster.until('Kustomization', 'flux-system', name, isReady);
    await flow.cluster.apply([canary(name)]);
    await flow.cluster.until('Canary', SHOPS, name, ({ status }) => status?.phase === 'Initialized');
  };

  before(async () => {
    flow = await startClusterFlow({
      controllers: ['kustomize', 'flagger'],
      namespaces: [SHOPS],
      files: (registry) => ({
        'gitferry.yaml': rules(registry, NAMES),
        ...Object.fromEntries(NAMES.map((name) => [`apps/${name}/deployment.yaml`, app(registry, name)])),
      }),
    });
  });
  after(() => flow?.[Symbol.asyncDispose]());

  it('is delivered once Flagger has promoted it, and not before', async () => {
    await initialised('good');
    const digest = await flow.push('good', '1.0.0');
    const verdict = await flow.next('Verdict', imageOf('good'));
    assert.partialDeepStrictEqual(verdict, { verdict: 'delivered', content: digest });
    assert.ok((await primary('good')).endsWith(`@${digest}`));
  });

  it('fails when too many answers are errors: Git and cluster go back, and only something newer lands', async () => {
    await initialised('failing');
    const before = `${flow.registry.host}/shop/failing:0.1.0`;
    flow.cluster.prometheus.set({ successRate: 42 }, 'failing');
    const bad = await flow.push('failing', '1.1.0');
    const failed = await flow.next('Verdict', imageOf('failing'));
    assert.partialDeepStrictEqual(failed, { verdict: 'failed', reason: 'CanaryFailed', content: bad });
    assert.ok((await flow.show('apps/failing/deployment.yaml')).includes(before));
    flow.cluster.prometheus.set({ successRate: 100 }, 'failing');
    const back = await flow.next('Verdict', imageOf('failing'), 1);
    assert.partialDeepStrictEqual(back, { verdict: 'delivered', reverts: failed.release });
    assert.equal(await target('failing'), before);
    assert.equal(await primary('failing'), before);

    await flow.push('failing', '1.1.0');
    await flow.push('failing', '1.1.0', 'the same version, built again');
    await flow.stack.runSchedules();
    await flow.stack.settled();
    assert.ok((await flow.show('apps/failing/deployment.yaml')).includes(before));
    const newer = await flow.push('failing', '1.2.0');
    const verdict = await flow.next('Verdict', imageOf('failing'), 2);
    assert.partialDeepStrictEqual(verdict, { verdict: 'delivered', content: newer });
  });

  it('is superseded by a newer one that lands while it is analysed', async () => {
    await initialised('overtaken');
    const first = await flow.push('overtaken', '1.0.0');
    await flow.cluster.until('Canary', SHOPS, 'overtaken', ({ status }) => status.phase === 'Progressing');
    const second = await flow.push('overtaken', '1.1.0');
    const verdict = await flow.next('Verdict', imageOf('overtaken'));
    assert.partialDeepStrictEqual(verdict, { verdict: 'superseded', content: first });
    const next = await flow.next('Verdict', imageOf('overtaken'), 1);
    assert.partialDeepStrictEqual(next, { verdict: 'delivered', content: second });
  });
});
