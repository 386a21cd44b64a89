import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { KubeObject } from '../../shared/agent/cluster.ts';
import { Rejected, Retryable } from '../../shared/errors.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import type { MemoryCluster } from '../servers/memory-cluster.ts';
import { Gauge } from '../telemetry/gauge.ts';
import {
  AGENT,
  CONTAINER_IMAGE,
  DIGEST,
  deployment,
  FORBIDDEN,
  failing,
  gitRepository,
  kustomization,
  MINUTE,
  OTHER,
  openScene,
  REPLICAS,
  type Scene,
  START,
  soundCluster,
  wrote,
} from './cluster-fixture.ts';

const EDITED = wrote('kubectl-edit', REPLICAS);

describe('the cluster half of sweep', () => {
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

  test('tells nothing of a cluster that is as Git says, and of one without anything of ours', async () => {
    assert.deepEqual(await scene.sweep(cluster), []);
    assert.deepEqual(await later(), []);
    cluster.remove({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      namespace: 'flux-system',
      name: 'apps',
    });
    assert.deepEqual(await later(), []);
  });

  test('is counted when it came to its end, whatever it found; not when Git, the table or the bus is away', async () => {
    const gauge = new Gauge();
    const count = () => gauge.counts.ClusterSweepsFinished ?? 0;
    const look = (given: Parameters<Scene['sweep']>[1] = {}) => scene.sweep(cluster, { telemetry: gauge, ...given });
    await look();
    assert.equal(count(), 1, 'nothing differs');
    cluster.put(kustomization(oid, { suspend: true }));
    const away = () => Promise.reject(new Retryable('BusUnavailable', 'It is away.'));
    await assert.rejects(look({ bus: { put: away } }));
    await assert.rejects(look({ remote: { tips: away } as never }));
    await assert.rejects(look({ table: { ...scene.table, read: away } }));
    await look({ table: { ...scene.table, write: async () => false } });
    assert.equal(count(), 1, 'another sweep was at it');
    await look();
    assert.equal(count(), 2, 'something differs');
    cluster.fault = FORBIDDEN;
    await look();
    assert.equal(count(), 3, 'it lets nobody in, which is told');
  });

  test('suspended: told once, with one id, and as gone', async () => {
    cluster.put(kustomization(oid, { suspend: true }));
    assert.deepEqual(await scene.sweep(cluster), ['AgentSuspended Kustomization/apps']);
    assert.deepEqual(await later(), []);
    cluster.put(kustomization(oid));
    assert.deepEqual(await later(), ['gone AgentSuspended Kustomization/apps']);
    assert.deepEqual(await later(), []);
    assert.equal(scene.told[0]?.detail.id, scene.told[1]?.detail.id);
    cluster.put(kustomization(oid, { suspend: true }));
    assert.deepEqual(await later(), ['AgentSuspended Kustomization/apps']);
    assert.notEqual(scene.told[2]?.detail.id, scene.told[0]?.detail.id);
  });

  test('not ready: only when it lasts, whatever it tries meanwhile, in its own words made harmless', async () => {
    cluster.put(kustomization(oid, {}, failing({ message: `a\u202eb\n${'x'.repeat(20_000)}` })));
    assert.deepEqual(await scene.sweep(cluster), []);
    cluster.put(kustomization(oid, {}, { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'Progressing' }] }));
    assert.deepEqual(await later(), []);
    cluster.put(kustomization(oid, {}, failing({ message: `a\u202eb\n${'x'.repeat(20_000)}` })));
    assert.deepEqual(await later(), ['AgentNotReady Kustomization/apps']);
    const message = said();
    assert.match(message, /^Kustomization flux-system\/apps is not ready: Said: a\\u\{202e\}b\\u\{a\}x+…$/u);
    assert.ok(message.length < 1000);
  });

  test('not ready for long, as its condition says: at once; healed before anybody heard of it: never', async () => {
    cluster.put(kustomization(oid, {}, failing({ lastTransitionTime: new Date(START - 6 * MINUTE).toISOString() })));
    assert.deepEqual(await scene.sweep(cluster), ['AgentNotReady Kustomization/apps']);
    cluster.put(kustomization(oid), gitRepository(scene.git.url, oid, failing()));
    assert.deepEqual(await later(), ['gone AgentNotReady Kustomization/apps']);
    cluster.put(gitRepository(scene.git.url, oid));
    assert.deepEqual(await later(), []);
  });

  test('behind: where the oldest commit that it lacks is old, and of its source alone', async () => {
    const tip = await scene.git.repository.commit({ 'other.txt': 'x' });
    cluster.put(kustomization(tip), gitRepository(scene.git.url, tip));
    assert.deepEqual(await scene.sweep(cluster), []);
    cluster.put(kustomization(oid), gitRepository(scene.git.url, oid));
    assert.deepEqual(await later(), [], 'it may just be about to');
    assert.deepEqual(await later(), ['AgentBehind GitRepository/apps']);
    cluster.put(gitRepository(scene.git.url, tip));
    assert.deepEqual(await later(), ['gone AgentBehind GitRepository/apps']);
    assert.deepEqual(await later(), ['AgentBehind Kustomization/apps']);
  });

  test('not behind: a commit that was made just now, and an agent that is ahead of what we knew', async () => {
    const old = await scene.git.repository.git('rev-parse', 'main');
    const tip = await scene.git.repository.commit({ 'other.txt': 'y' });
    cluster.put(kustomization(old), gitRepository(scene.git.url, old));
    // Commits of these repositories are all of one moment.
    scene.clock = 1_700_000_000_000 + 5 * MINUTE;
    assert.deepEqual(await scene.sweep(cluster), []);
    assert.deepEqual(await later(5), []);
    scene.clock = START;
    cluster.put(kustomization(tip), gitRepository(scene.git.url, tip));
    assert.deepEqual(await later(), []);
    await scene.git.repository.git('update-ref', 'refs/heads/main', old);
    assert.deepEqual(await later(), []);
    assert.deepEqual(await later(), [], 'a descendant of the tip');
  });

  test('fields: what kubectl edit wrote, by whom and when, told once and as gone', async () => {
    cluster.put(deployment({ replicas: 5 }, [AGENT, EDITED]));
    assert.deepEqual(await scene.sweep(cluster), ['FieldsChanged Deployment/shop']);
    assert.equal(
      said(),
      'Deployment default/shop was changed: spec.replicas (by kubectl-edit at 2023-11-14T22:00:00Z).',
    );
    assert.deepEqual(await later(), []);
    cluster.put(deployment());
    assert.deepEqual(await later(), ['gone FieldsChanged Deployment/shop']);
  });

  test('fields: what was taken out, which nobody owns, and what another program wrote', async () => {
    cluster.put(
      deployment({ minReadySeconds: 5 }, [AGENT, wrote('my-operator', { 'f:spec': { 'f:minReadySeconds': {} } })]),
    );
    assert.deepEqual(await scene.sweep(cluster), ['FieldsChanged Deployment/shop']);
    assert.match(said(), /spec\.minReadySeconds \(by my-operator/u);
    cluster.put(deployment({ replicas: undefined }));
    assert.deepEqual(await later(), []);
    cluster.put(deployment());
    assert.deepEqual(await later(), ['gone FieldsChanged Deployment/shop']);
  });

  test('fields that are nobody’s edit: autoscalers, Flagger, restarts, status, what Flux was told to leave alone', async () => {
    const annotation = {
      'f:spec': { 'f:template': { 'f:metadata': { 'f:annotations': { 'f:kubectl.kubernetes.io/restartedAt': {} } } } },
    };
    const near: readonly KubeObject[] = [
      deployment({ replicas: 9 }, [AGENT, wrote('kube-controller-manager', REPLICAS, { subresource: 'scale' })]),
      deployment({ replicas: 0 }, [AGENT, wrote('flagger', REPLICAS)]),
      deployment({}, [AGENT, wrote('kubectl-rollout', annotation)]),
      deployment({}, [AGENT, wrote('kubectl', { 'f:status': { 'f:replicas': {} } }, { subresource: 'status' })]),
      deployment({}, [wrote('kustomize-controller', REPLICAS), EDITED]),
      {
        ...deployment({ replicas: 5 }, [AGENT, EDITED]),
        metadata: {
          ...deployment({}, [EDITED]).metadata,
          annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
        },
      },
    ];
    for (const one of near) {
      cluster.put(one);
      assert.deepEqual(await later(), [], JSON.stringify(one));
    }
  });

  test('fields: the target that Flagger scales may be scaled by anybody', async () => {
    const spec = { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' } };
    cluster.put({
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'shop', namespace: 'default' },
      spec,
    });
    cluster.put(deployment({ replicas: 0 }, [AGENT, EDITED]));
    assert.deepEqual(await scene.sweep(cluster), []);
  });

  test('hostile managedFields are read as far as they are any', async () => {
    const deep = JSON.parse(`${'{"f:a":'.repeat(2000)}{}${'}'.repeat(2000)}`) as object;
    const wide = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`f:x${n}`, {}]));
    const managed = [
      null,
      7,
      { manager: 5 },
      { manager: 'kubectl\n', fieldsV1: 'x' },
      wrote('kubectl', deep),
      wrote('kubectl', wide),
      wrote('kubectl', { 'k:{': { 'f:b': {} } }, { time: 'never' }),
    ];
    cluster.put(deployment({}, managed as object[]));
    assert.deepEqual(await scene.sweep(cluster), ['FieldsChanged Deployment/shop']);
    assert.ok(said().length < 20_000);
  });

  test('images: another than Git says, and not told a second time as a field', async () => {
    const changed = deployment({}, [AGENT, wrote('kubectl-set', CONTAINER_IMAGE)], 'registry.example.com/shop:2');
    cluster.put(changed);
    assert.deepEqual(await scene.sweep(cluster), ['ImageDiffers Deployment/shop']);
    assert.match(said(), /has registry\.example\.com\/shop:2 where Git says .*shop:1@sha256:.* \(by kubectl-set/u);
    cluster.put(deployment());
    assert.deepEqual(await later(), ['gone ImageDiffers Deployment/shop']);
  });

  test('images: what admission made of it when the agent applied it is the agent’s', async () => {
    cluster.put(deployment({}, [wrote('kustomize-controller', CONTAINER_IMAGE)], 'mirror.example.com/shop:1'));
    assert.deepEqual(await scene.sweep(cluster), []);
  });

  test('images: pods that run another digest than the pinned one, unless their runtime calls it by the pinned one', async () => {
    const owner = (kind: string, uid: string): object[] => [{ kind, name: 'x', uid }];
    const pod = (imageID: string, image = 'registry.example.com/shop:1'): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'shop-1',
        namespace: 'default',
        labels: { app: 'shop' },
        ownerReferences: owner('ReplicaSet', 'r1') as never,
      },
      status: { containerStatuses: [{ name: 'shop', image, imageID, ready: true }] },
    });
    cluster.put({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: 'shop-r',
        namespace: 'default',
        uid: 'r1',
        labels: { app: 'shop' },
        annotations: { 'deployment.kubernetes.io/revision': '3' },
        ownerReferences: owner('Deployment', 'd1') as never,
      },
    });
    for (const same of [
      pod(`registry.example.com/shop@${DIGEST}`),
      pod(`registry.example.com/shop@${OTHER}`, `registry.example.com/shop@${DIGEST}`),
      pod(`mirror.example.com/shop@${OTHER}`),
      pod(''),
    ]) {
      cluster.put(same);
      assert.deepEqual(await later(), []);
    }
    cluster.put(pod(`docker-pullable://registry.example.com/shop@${OTHER}`));
    assert.deepEqual(await later(), [], 'it may be replaced just now');
    assert.deepEqual(await later(), ['ImageDiffers Deployment/shop']);
  });

  test('deleted: when it is not made again', async () => {
    cluster.remove({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'shop' });
    assert.deepEqual(await scene.sweep(cluster), []);
    assert.deepEqual(await later(), ['ObjectDeleted Deployment/shop']);
  });

  test('nothing is compared with an agent that is at work, or with files that kustomize changes', async () => {
    const drifted = deployment({ minReadySeconds: 5 });
    cluster.put(drifted, kustomization(oid, {}, { lastAttemptedRevision: `main@sha1:${'a'.repeat(40)}` }));
    assert.deepEqual(await scene.sweep(cluster), []);
    cluster.put(drifted, kustomization(oid, { images: [{ name: 'shop', newTag: '2' }] }));
    assert.deepEqual(await later(), []);
    cluster.put(drifted, kustomization(oid));
    assert.deepEqual(await later(), ['FieldsChanged Deployment/shop']);
    cluster.put(drifted, kustomization(oid, {}, { lastAttemptedRevision: `main@sha1:${'a'.repeat(40)}` }));
    assert.deepEqual(await later(), [], 'nor is it gone');
  });

  test('a forbidden dry run leaves what managers say, is asked for once, and makes nothing gone', async () => {
    cluster.put(deployment({ minReadySeconds: 5 }));
    assert.deepEqual(await scene.sweep(cluster), ['FieldsChanged Deployment/shop']);
    cluster.dryRun = async () => {
      cluster.asked.push('forbidden');
      throw FORBIDDEN;
    };
    for (let sweeps = 0; sweeps < 3; sweeps += 1) assert.deepEqual(await later(), []);
    assert.equal(cluster.asked.filter((one) => one === 'forbidden').length, 1);
    assert.equal(scene.logged.filter((line) => line.includes('not allowed')).length, 1);
    cluster.put(deployment({ minReadySeconds: 5 }, [AGENT, EDITED]));
    assert.deepEqual(await later(), []);
    assert.deepEqual(await later(24 * 60), []);
    assert.equal(cluster.asked.filter((one) => one === 'forbidden').length, 2, 'asked again after a day');
  });

  test('a dry run that the server refuses says nothing', async () => {
    cluster.put(deployment({ minReadySeconds: 5 }));
    cluster.dryRun = async () => {
      throw new Rejected('ApplyRefused', 'prod would refuse it: admission webhook does not support dry run');
    };
    assert.deepEqual(await scene.sweep(cluster), []);
  });
});
