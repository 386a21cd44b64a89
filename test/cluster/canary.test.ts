import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Cluster, startCluster } from './cluster.ts';
import type { Resource } from './follow.ts';
import { deployment } from './manifests.ts';
import { conditionOf } from './objects.ts';

let cluster: Cluster;

before(async () => {
  cluster = await startCluster({ controllers: ['flagger'], namespaces: ['shops'] });
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

/** A canary that is initialised, and then given another image. */
async function release(name: string, image: string): Promise<void> {
  await cluster.apply([
    deployment('shops', name, 'registry.example.com/shop:1'),
    {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name, namespace: 'shops' },
      spec: {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        service: { port: 80 },
        progressDeadlineSeconds: 60,
        analysis: {
          ...{ interval: '10s', threshold: 1, iterations: 1 },
          metrics: [{ name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } }],
        },
      },
    },
  ]);
  await cluster.until('Canary', 'shops', name, ({ status }) => status?.phase === 'Initialized');
  await cluster.apply([deployment('shops', name, image)]);
}

async function ended(name: string): Promise<Resource> {
  return cluster.until('Canary', 'shops', name, ({ status }) => ['Succeeded', 'Failed'].includes(status.phase));
}

async function primaryImage(name: string): Promise<string> {
  const primary = await cluster.get('Deployment', 'shops', `${name}-primary`);
  return primary?.spec.template.spec.containers[0].image;
}

// Flagger looks every ten seconds at most, so the canaries are looked at side by side.
describe('a canary', { concurrency: true }, () => {
  it('is promoted when it answers well', async () => {
    await release('good', 'registry.example.com/shop:2');
    const canary = await ended('good');
    assert.equal(canary.status.phase, 'Succeeded');
    assert.equal(await primaryImage('good'), 'registry.example.com/shop:2');
    assert.equal(conditionOf(canary, 'Promoted')?.reason, 'Succeeded');
  });

  it('is taken back when too many of its answers are errors', async () => {
    cluster.prometheus.set({ successRate: 42 }, 'failing');
    await release('failing', 'registry.example.com/shop:2');
    const canary = await ended('failing');
    assert.equal(canary.status.phase, 'Failed');
    assert.equal(await primaryImage('failing'), 'registry.example.com/shop:1');
    assert.equal(conditionOf(canary, 'Promoted')?.reason, 'Failed');
  });

  it('waits for measures when there are none, and fails at last', async () => {
    cluster.prometheus.set({ successRate: null }, 'quiet');
    await release('quiet', 'registry.example.com/shop:2');
    assert.equal((await ended('quiet')).status.phase, 'Failed');
  });
});
