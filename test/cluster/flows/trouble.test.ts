import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isReady } from '../objects.ts';
import { type ClusterFlow, type Detail, startClusterFlow } from './flow.ts';
import { type Gate, startGate } from './gate.ts';
import { app, imageOf, kustomization, rules, SHOPS } from './manifests.ts';

const NAMES = ['away', 'barred', 'silent'];

// One after the other: each takes something away that all need.
describe('in trouble', () => {
  let flow: ClusterFlow;
  let gate: Gate;
  const runs = (name: string, digest: string) =>
    flow.cluster.until('Deployment', SHOPS, name, ({ spec }) =>
      spec.template.spec.containers[0].image.endsWith(`@${digest}`),
    );

  before(async () => {
    gate = await startGate();
    flow = await startClusterFlow({
      controllers: ['kustomize'],
      namespaces: [SHOPS],
      files: (registry) => ({
        'gitferry.yaml': rules(registry, NAMES, '45s'),
        ...Object.fromEntries(NAMES.map((name) => [`apps/${name}/deployment.yaml`, app(registry, name)])),
      }),
      environments: () => ({ mirror: { AWS_ENDPOINT_URL_EVENTBRIDGE: gate.url } }),
    });
    gate.open(flow.stack.url);
    await flow.cluster.apply(NAMES.map((name) => kustomization(name)));
    for (const name of NAMES) await flow.cluster.until('Kustomization', 'flux-system', name, isReady);
  });
  after(async () => {
    await flow?.[Symbol.asyncDispose]();
    await gate?.[Symbol.asyncDispose]();
  });

  it('an API server that is away while a release lands is told once it is back, and the verdict comes', async () => {
    await flow.cluster.stopApiServer();
    const digest = await flow.push('away', '1.0.0');
    const { commit } = await flow.next('Landed', imageOf('away'));
    assert.equal(await flow.repository.git('rev-parse', 'main'), commit);
    await delay(1500);
    await flow.cluster.startApiServer();
    await runs('away', digest);
    const verdict = await flow.next('Verdict', imageOf('away'));
    assert.partialDeepStrictEqual(verdict, { verdict: 'delivered', content: digest });
  });

  it('a right that is missing is named, together with what to do', async () => {
    const roles = ['clusterrolebinding', 'gitferry-nudge', 'gitferry-verify'];
    await flow.cluster.kubectl(['delete', ...roles]);
    try {
      await flow.push('barred', '1.0.0');
      await flow.next('Landed', imageOf('barred'));
      const [failed] = await waitFor(() => flow.told('NudgeFailed'));
      assert.equal(failed?.reason, 'ClusterForbidden');
      // All kinds of agents are asked for at once; the one that is refused first is named.
      assert.match(String(failed?.message), /does not let nudge (?:list|get) \w+\.(?:[\w.]*fluxcd|argoproj)\.io/u);
      assert.match(String(failed?.hint), /infra\/cluster/u);
      const verdict = await flow.next('Verdict', imageOf('barred'));
      assert.notEqual(verdict.verdict, 'delivered');
      assert.equal(verdict.revertedBy, null);
      assert.match(`${verdict.message} ${verdict.hint}`, /does not let verify list/u);
    } finally {
      await flow.cluster.kubectl(['apply', '-k', 'infra/cluster']);
    }
  });

  it('a release whose announcement was lost still gets its verdict', async () => {
    gate.close();
    const digest = await flow.push('silent', '1.0.0');
    await waitFor(() => (gate.lost > 0 ? [gate] : []));
    assert.ok((await flow.show('apps/silent/deployment.yaml')).includes(digest));
    assert.deepEqual(flow.told('Landed', imageOf('silent')), []);
    gate.open(flow.stack.url);
    const verdict = await flow.next('Verdict', imageOf('silent'));
    assert.partialDeepStrictEqual(verdict, { verdict: 'delivered', content: digest });
  });
});

async function waitFor<T = Detail>(look: () => readonly T[]): Promise<readonly T[]> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await delay(50)) {
    const found = look();
    if (found.length > 0) return found;
  }
  throw new Error('It did not come.');
}
