import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { MOST } from '../../functions/sweep/cluster/memory.ts';
import { Retryable } from '../../shared/errors.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import type { MemoryCluster } from '../servers/memory-cluster.ts';
import {
  AGENT,
  deployment,
  FORBIDDEN,
  kustomization,
  MINUTE,
  openScene,
  REPLICAS,
  type Scene,
  START,
  soundCluster,
  wrote,
} from './cluster-fixture.ts';

const EDITED = wrote('kubectl-edit', REPLICAS);
const DOWN = new Retryable('ClusterUnreachable', 'The connection to prod failed (ECONNREFUSED).');

describe('what the cluster half of sweep tells', () => {
  let scene: Scene;
  let cluster: MemoryCluster;
  let oid: string;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.git.close());
  beforeEach(async () => {
    scene.clock = START;
    scene.table = memoryTable(() => new Date(scene.clock));
    scene.told.length = 0;
    scene.logged.length = 0;
    cluster = await soundCluster(scene);
    oid = await scene.git.repository.git('rev-parse', 'main');
  });

  /** What the sweep of a quarter of an hour later tells. */
  async function later(minutes = 15): Promise<string[]> {
    scene.clock += minutes * MINUTE;
    return scene.sweep(cluster);
  }

  const said = (index = 0): string => String(scene.told.at(index)?.detail.message);

  test('a cluster that is away: told when it lasts, makes nothing gone, and is told as back', async () => {
    cluster.put(kustomization(oid, { suspend: true }));
    await scene.sweep(cluster);
    cluster.fault = DOWN;
    assert.deepEqual(await later(), []);
    assert.deepEqual(await later(), ['ClusterUnreachable Cluster/prod']);
    assert.deepEqual(await later(), []);
    cluster.fault = null;
    assert.deepEqual(await later(), ['gone ClusterUnreachable Cluster/prod']);
    cluster.fault = FORBIDDEN;
    assert.deepEqual(await later(), ['ClusterForbidden Cluster/prod']);
    assert.match(said(-1), /patch deployments\.apps/u);
  });

  test('two clusters: one that is away hides nothing of the other', async () => {
    const other = await soundCluster(scene, 'staging');
    other.put(kustomization(oid, { suspend: true }));
    cluster.fault = DOWN;
    await Promise.all([scene.sweep(cluster), scene.sweep(other)]);
    assert.deepEqual(
      scene.told.map(({ detail }) => detail.cluster),
      ['staging'],
    );
  });

  test('a lost table repeats a message at most once, and with the id that it had where the cluster dates it', async () => {
    cluster.put(deployment({ replicas: 5 }, [AGENT, EDITED]));
    await scene.sweep(cluster);
    scene.table = memoryTable(() => new Date(scene.clock));
    assert.deepEqual(await later(), ['FieldsChanged Deployment/shop']);
    assert.deepEqual(await later(), []);
    assert.equal(scene.told[0]?.detail.id, scene.told[1]?.detail.id);
  });

  test('what is remembered and can’t be read counts as lost', async () => {
    await scene.table.write('drift:prod', { entries: 'nonsense' }, null, new Date(START + 60 * MINUTE));
    cluster.put(kustomization(oid, { suspend: true }));
    assert.deepEqual(await scene.sweep(cluster), ['AgentSuspended Kustomization/apps']);
    assert.deepEqual(await later(), []);
  });

  test('a bus that is down: told by the next sweep, with the same id', async () => {
    cluster.put(kustomization(oid, { suspend: true }));
    const ids: unknown[] = [];
    const put = async (notices: readonly { detail: { id?: unknown } }[]): Promise<void> => {
      ids.push(...notices.map(({ detail }) => detail.id));
      throw new Retryable('BusUnavailable', 'down');
    };
    await assert.rejects(scene.sweep(cluster, { bus: { put } }), { reason: 'BusUnavailable' });
    assert.deepEqual(await later(), ['AgentSuspended Kustomization/apps']);
    assert.deepEqual(ids, [scene.told[0]?.detail.id]);
  });

  test('two sweeps at once tell it once', async () => {
    cluster.put(kustomization(oid, { suspend: true }));
    await Promise.all([scene.sweep(cluster), scene.sweep(cluster)]);
    assert.equal(scene.told.length, 1);
  });

  test('more findings than are remembered are told when there is room', async () => {
    const many = Array.from({ length: MOST + 20 }, (_, n) => {
      const one = kustomization(oid, { suspend: true });
      return { ...one, metadata: { ...one.metadata, name: `apps-${n}` } };
    });
    cluster.put(...many);
    assert.equal((await scene.sweep(cluster)).length, MOST);
    assert.match(scene.logged.join('\n'), /not told yet.*"findings":20/u);
    cluster.remove({ ...many[0]!, namespace: 'flux-system', name: 'apps-0' });
    await later();
    assert.equal((await later()).length, 1);
  });
});
