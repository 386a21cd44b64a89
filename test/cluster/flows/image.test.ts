import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isReady } from '../objects.ts';
import { type ClusterFlow, startClusterFlow } from './flow.ts';
import { app, imageOf, kustomization, rules, SHOPS } from './manifests.ts';

const NAMES = ['api', 'bad', 'good', 'worse', 'first', 'asleep', 'red'];

describe('an image that is pushed', { concurrency: true }, () => {
  let flow: ClusterFlow;
  const BAD = new Map([
    ['/shop/worse:1.1.0@', { reason: 'CrashLoopBackOff', message: 'no such table: orders' }],
    ['/shop/bad:1.0.0@', { reason: 'ImagePullBackOff', message: 'unauthorized' }],
    ['/shop/red:', { reason: 'ImagePullBackOff', message: 'no such image' }],
  ]);
  const imageIn = async (name: string): Promise<string> =>
    (await flow.cluster.get('Deployment', SHOPS, name))?.spec.template.spec.containers[0].image ?? '';
  const runs = (name: string, digest: string) =>
    flow.cluster.until('Deployment', SHOPS, name, ({ spec, status, metadata }) => {
      const { image } = spec.template.spec.containers[0];
      const complete = status?.observedGeneration === metadata.generation && status?.availableReplicas === 1;
      return image.endsWith(`@${digest}`) && complete;
    });
  const deployed = async (...names: readonly string[]): Promise<void> => {
    await flow.cluster.apply(names.map((name) => kustomization(name)));
    for (const name of names) await flow.cluster.until('Kustomization', 'flux-system', name, isReady);
  };

  before(async () => {
    flow = await startClusterFlow({
      controllers: ['kustomize'],
      namespaces: [SHOPS],
      files: (registry) => ({
        'gitferry.yaml': rules(registry, NAMES, '1m'),
        ...Object.fromEntries(NAMES.map((name) => [`apps/${name}/deployment.yaml`, app(registry, name)])),
      }),
    });
    await flow.cluster.kubelet.fail((image) => [...BAD].find(([part]) => image.includes(part))?.[1] ?? null);
  });
  after(() => flow?.[Symbol.asyncDispose]());

  it('changes its Deployment, and is told as delivered', async () => {
    await deployed('api');
    const digest = await flow.push('api', '1.0.0');
    await runs('api', digest);
    const verdict = await flow.next('Verdict', imageOf('api'));
    assert.partialDeepStrictEqual(verdict, {
      verdict: 'delivered',
      version: '1.0.0',
      content: digest,
      revertedBy: null,
    });
  });

  it('fails with the words of its pods, is taken back in Git and in the cluster, and stays away', async () => {
    await deployed('worse');
    const good = await flow.push('worse', '1.0.0');
    assert.equal((await flow.next('Verdict', imageOf('worse'))).verdict, 'delivered');
    const bad = await flow.push('worse', '1.1.0');
    const failed = await flow.next('Verdict', imageOf('worse'), 1);
    assert.partialDeepStrictEqual(failed, { verdict: 'failed', content: bad });
    assert.match(String(failed.message), /CrashLoopBackOff.*no such table: orders/u);
    assert.notEqual(failed.revertedBy, null);
    await runs('worse', good);
    const back = await flow.next('Verdict', imageOf('worse'), 2);
    assert.partialDeepStrictEqual(back, { verdict: 'delivered', content: good, reverts: failed.release });

    await flow.push('worse', '1.1.0');
    await flow.stack.runSchedules();
    await flow.stack.settled();
    assert.ok((await flow.show('apps/worse/deployment.yaml')).includes(good));
    const newer = await flow.push('worse', '1.2.0');
    await runs('worse', newer);
    assert.equal((await flow.next('Verdict', imageOf('worse'), 3)).verdict, 'delivered');
  });

  it('of two in one push, only the bad one is taken back', async () => {
    await deployed('good', 'bad');
    const [good, bad] = await Promise.all([flow.push('good', '1.0.0'), flow.push('bad', '1.0.0')]);
    assert.equal((await flow.next('Verdict', imageOf('good'))).verdict, 'delivered');
    const failed = await flow.next('Verdict', imageOf('bad'));
    assert.partialDeepStrictEqual(failed, { verdict: 'failed', content: bad });
    const back = await flow.next('Verdict', imageOf('bad'), 1);
    assert.partialDeepStrictEqual(back, { verdict: 'delivered', reverts: failed.release });
    assert.equal(await imageIn('bad'), `${flow.registry.host}/shop/bad:0.1.0`);
    assert.ok((await imageIn('good')).endsWith(good));
  });

  it('of a Deployment that is new is delivered, too', async () => {
    const digest = await flow.push('first', '1.0.0');
    await flow.next('Landed', imageOf('first'));
    await flow.cluster.apply([kustomization('first')]);
    const verdict = await flow.next('Verdict', imageOf('first'));
    assert.partialDeepStrictEqual(verdict, { verdict: 'delivered', content: digest });
  });

  it('where the cluster was red before, tells so and takes nothing back', async () => {
    await flow.cluster.apply([kustomization('red', { wait: false })]);
    await flow.cluster.until('Kustomization', 'flux-system', 'red', isReady);
    const { metadata } = await flow.cluster.until(
      'Deployment',
      SHOPS,
      'red',
      ({ status }) => status?.unavailableReplicas === 1,
    );
    // What is made shortly before a release may be its own, since clocks differ.
    await delay(Date.parse(metadata.creationTimestamp ?? '') + 7000 - Date.now());
    const digest = await flow.push('red', '1.0.0');
    const verdict = await flow.next('Verdict', imageOf('red'));
    assert.equal(verdict.verdict, 'inconclusive');
    assert.ok((await flow.show('apps/red/deployment.yaml')).includes(digest));
  });

  it('that a suspended Kustomization would apply waits, is told why, and is delivered once it goes on', async () => {
    await deployed('asleep');
    await flow.cluster.patch('Kustomization', 'flux-system', 'asleep', { spec: { suspend: true } });
    const digest = await flow.push('asleep', '1.0.0');
    await flow.next('Landed', imageOf('asleep'));
    await flow.stack.settled();
    assert.deepEqual(flow.told('Verdict', imageOf('asleep')), []);
    await flow.cluster.patch('Kustomization', 'flux-system', 'asleep', { spec: { suspend: false } });
    await runs('asleep', digest);
    assert.equal((await flow.next('Verdict', imageOf('asleep'))).verdict, 'delivered');
  });
});
