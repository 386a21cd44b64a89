import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import { applyAgain, convergeOf } from '../../functions/nudge/converge.ts';
import { nudge } from '../../functions/nudge/nudge.ts';
import { MOST } from '../../functions/sweep/cluster/trials.ts';
import type { KubeObject } from '../../shared/agent/cluster.ts';
import { parseTold } from '../../shared/notice/told.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { type MemoryCluster, memoryCluster } from '../servers/memory-cluster.ts';
import {
  AGENT,
  deployment,
  failing,
  gitRepository,
  kustomization,
  MANIFEST,
  MINUTE,
  openScene,
  REPLICAS,
  type Scene,
  soundCluster,
  wrote,
} from './cluster-fixture.ts';

const EDITED = deployment({ replicas: 5 }, [AGENT, wrote('kubectl-edit', REPLICAS)]);

describe('drift: converge', () => {
  const scenes: Scene[] = [];
  let scene: Scene;
  let cluster: MemoryCluster;
  beforeEach(async () => {
    scene = await openScene({ 'gitferry.yaml': 'drift: converge\n' });
    scenes.push(scene);
    cluster = await soundCluster(scene);
  });
  after(() => Promise.all(scenes.map(({ git }) => git.close())));

  async function later(): Promise<string[]> {
    scene.clock += 15 * MINUTE;
    return scene.sweep(cluster);
  }

  const deps = (log: string[] = []) => ({
    ...{ deployment: 'test', repository: scene.git.url, branch: 'main', bus: { put: async () => {} } },
    ...{ clusters: [cluster], ways: async () => [], now: () => new Date(scene.clock), remaining: () => 60_000 },
    telemetry: SILENT,
    log: (message: string) => void log.push(message),
  });
  const event = (detail: unknown): unknown => ({ source: 'gitferry', 'detail-type': 'Converge', detail });

  test('asks for what was changed to be applied again, some times and no more; people are not told of that', async () => {
    cluster.put(EDITED);
    assert.deepEqual(await scene.sweep(cluster), ['Converge Kustomization/apps', 'FieldsChanged Deployment/shop']);
    assert.deepEqual(await later(), ['Converge Kustomization/apps']);
    assert.deepEqual(await later(), ['Converge Kustomization/apps']);
    assert.deepEqual(await later(), []);
    const detail = scene.told.find(({ type }) => type === 'Converge')?.detail;
    assert.equal(parseTold({ source: 'gitferry', 'detail-type': 'Converge', detail }), null);

    const log: string[] = [];
    await nudge(event(detail), deps(log));
    assert.deepEqual(log, ['asked to apply again']);
    const asked = await cluster.get(convergeOf(event(detail), 'test')!.object);
    assert.equal(asked?.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'], new Date(scene.clock).toISOString());
    cluster.put(deployment());
    assert.deepEqual(await later(), ['gone FieldsChanged Deployment/shop']);
  });

  test('asks for nothing where applying again cures nothing', async () => {
    const oid = await scene.git.repository.git('rev-parse', 'main');
    cluster.put(kustomization(oid, { suspend: true }), EDITED);
    assert.deepEqual(await scene.sweep(cluster), ['AgentSuspended Kustomization/apps']);
    cluster.put(gitRepository(scene.git.url, oid, failing()));
    assert.equal(
      (await later()).some((line) => line.startsWith('Converge')),
      false,
    );
  });

  test('nudge leaves alone what a person suspended, what is gone, and clusters and events that are not its own', async () => {
    const oid = await scene.git.repository.git('rev-parse', 'main');
    const object = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization' as const,
      namespace: 'flux-system',
      name: 'apps',
    };
    const detail = { deployment: 'test', cluster: 'prod', object };
    const log: string[] = [];
    cluster.put(kustomization(oid, { suspend: true }));
    await nudge(event(detail), deps(log));
    cluster.remove(object);
    await nudge(event(detail), deps(log));
    await nudge(event({ ...detail, cluster: 'other' }), deps(log));
    await nudge(event({ ...detail, deployment: 'other' }), deps(log));
    await nudge(event({ ...detail, object: { ...object, kind: 'Secret' } }), deps(log));
    await nudge(event({ ...detail, object: { ...object, namespace: null } }), deps(log));
    const foreign = 'not a landing of this deployment';
    assert.deepEqual(log, [
      'suspended, and left alone',
      'not there any more',
      'no such cluster',
      foreign,
      foreign,
      foreign,
    ]);
    assert.equal(
      cluster.asked.some((line) => line.startsWith('annotate')),
      false,
    );
  });

  test('nudge comes again where an object changes all the time', async () => {
    const object = {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'apps',
    } as const;
    cluster.annotate = async () => false;
    const asked = applyAgain({ deployment: 'test', cluster: 'prod', object } as never, deps());
    await assert.rejects(asked, { reason: 'ClusterBusy' });
  });
});

describe('what is compared', () => {
  let scene: Scene;
  after(() => scene.git.close());

  test('files that kustomize brings in as they are, and none that it changes', async () => {
    const folders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      plain: { 'deep/deployment.yaml': '' },
      listed: {
        'kustomization.yaml': 'resources: [base]\nnamespace: default\n',
        'base/kustomization.yaml': 'resources: [../base/deployment.yaml]\n',
        'base/deployment.yaml': '',
      },
      patched: { 'kustomization.yaml': 'resources: [deployment.yaml]\npatches: []\n', 'deployment.yaml': '' },
      remote: {
        'kustomization.yaml': 'resources: [deployment.yaml, "https://example.com/x"]\n',
        'deployment.yaml': '',
      },
      outside: { 'kustomization.yaml': 'resources: [deployment.yaml, ../../..]\n', 'deployment.yaml': '' },
      circular: { 'kustomization.yaml': 'resources: [deployment.yaml, ../circular]\n', 'deployment.yaml': '' },
      broken: { 'deployment.yaml': '', 'other.yaml': 'a: [' },
      foreign: { 'deployment.yaml': '', 'values.yaml': 'a: 1\n' },
      twice: { 'a.yaml': '', 'b.yaml': '' },
    };
    const files = Object.entries(folders).flatMap(([folder, inner]) =>
      Object.entries(inner).map(([name, text]) => [`${folder}/${name}`, text === '' ? MANIFEST : text]),
    );
    scene = await openScene(Object.fromEntries(files));
    const oid = await scene.git.repository.git('rev-parse', 'main');
    const found: string[] = [];
    for (const folder of Object.keys(folders)) {
      const cluster = await soundCluster(scene, folder);
      cluster.put(kustomization(oid, { path: folder }), deployment({ minReadySeconds: 5 }));
      if ((await scene.sweep(cluster)).length > 0) found.push(folder);
    }
    assert.deepEqual(found, ['plain', 'listed']);
  });

  test('so many objects a sweep, and the others with the next ones', async () => {
    const oid = await scene.git.repository.git('rev-parse', 'main');
    const names = Array.from({ length: MOST + 50 }, (_, n) => `shop-${n}`);
    const manifests = names.map(
      (name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\ndata: { a: "1" }\n`,
    );
    const tip = await scene.git.repository.commit({ 'many/all.yaml': manifests.join('---\n') });
    const held = names.map(
      (name): KubeObject =>
        ({
          ...deployment({}, []),
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: 'default' },
          spec: undefined,
          status: undefined,
          data: { a: '2' },
        }) as KubeObject,
    );
    const entries = names.map((name) => ({ id: `default_${name}__ConfigMap`, v: 'v1' }));
    const cluster = memoryCluster(
      'many',
      gitRepository(scene.git.url, tip),
      kustomization(tip, { path: 'many' }, { inventory: { entries } }),
      ...held,
    );
    cluster.dryRun = async (manifest) => {
      cluster.asked.push(`try ${manifest.metadata.name}`);
      return manifest;
    };
    const tries = (): number => cluster.asked.filter((line) => line.startsWith('try')).length;
    assert.notEqual(tip, oid);
    assert.equal((await scene.sweep(cluster)).length, MOST);
    assert.equal(tries(), MOST);
    assert.match(scene.logged.join('\n'), /left for the next sweep.*"objects":50/u);
    for (const object of held) cluster.put({ ...object, data: { a: '1' } } as KubeObject);
    scene.clock += 15 * MINUTE;
    assert.deepEqual(await scene.sweep(cluster), [], 'what was not looked at again is not gone');
    assert.equal(tries(), MOST + 50);
    scene.clock += 15 * MINUTE;
    assert.equal((await scene.sweep(cluster)).length, MOST);
    assert.ok(scene.told.slice(-MOST).every(({ detail }) => detail.gone));
  });

  test('no time is left: what managers say is told all the same', async () => {
    const cluster = await soundCluster(scene, 'late');
    cluster.put(EDITED);
    assert.deepEqual(await scene.sweep(cluster, { remaining: () => 1000 }), ['FieldsChanged Deployment/shop']);
    assert.equal(
      cluster.asked.some((line) => line.startsWith('try')),
      false,
    );
  });

  test('a HelmRelease without an inventory, by its labels; only where Flux corrects drift is it asked to', async () => {
    await scene.git.repository.commit({ 'gitferry.yaml': 'drift: converge\n' });
    const oid = await scene.git.repository.git('rev-parse', 'main');
    const release = (mode: string): KubeObject => ({
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'shop', namespace: 'flux-system', generation: 1 },
      spec: {
        targetNamespace: 'default',
        driftDetection: { mode },
        chart: { spec: { chart: 'charts/shop', sourceRef: { kind: 'GitRepository', name: 'apps' } } },
      },
      status: { observedGeneration: 1, conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const labels = { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'flux-system' };
    const cluster = memoryCluster('helm', gitRepository(scene.git.url, oid), release('disabled'), {
      ...EDITED,
      metadata: { ...EDITED.metadata, labels },
    });
    assert.deepEqual(await scene.sweep(cluster), ['FieldsChanged Deployment/shop']);
    assert.match(String(scene.told.at(-1)?.detail.hint), /driftDetection/u);
    cluster.put(release('enabled'));
    assert.deepEqual(await scene.sweep(cluster), ['Converge HelmRelease/shop']);
  });

  test('Argo CD’s own word for it', async () => {
    const oid = await scene.git.repository.git('rev-parse', 'main');
    const application = (status: object): KubeObject => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'shop', namespace: 'argocd' },
      spec: { source: { repoURL: scene.git.url, targetRevision: 'main', path: 'app' } },
      status: { sync: { status: 'Synced', revision: oid }, health: { status: 'Healthy' }, ...status },
    });
    const cluster = memoryCluster('argo', application({}));
    const later = async (): Promise<string[]> => {
      scene.clock += 15 * MINUTE;
      return scene.sweep(cluster);
    };
    assert.deepEqual(await later(), []);
    const resources = [
      { kind: 'Deployment', name: 'shop', status: 'OutOfSync' },
      { kind: 'Service', name: 'shop', status: 'Synced' },
    ];
    cluster.put(application({ sync: { status: 'OutOfSync', revision: oid }, resources }));
    assert.deepEqual(await later(), []);
    assert.deepEqual(await later(), ['OutOfSync Application/shop']);
    assert.match(String(scene.told.at(-1)?.detail.message), /out of sync with Git: Deployment shop\.$/u);
    cluster.put(application({ health: { status: 'Degraded', message: 'no pods' } }));
    assert.deepEqual(await later(), ['gone OutOfSync Application/shop']);
    assert.deepEqual(await later(), ['AgentNotReady Application/shop']);
    cluster.put(application({ conditions: [{ type: 'ComparisonError', message: 'no such path' }] }));
    assert.deepEqual(await later(), []);
    cluster.put(application({ sync: { status: 'Synced', revision: '0'.repeat(40) } }));
    assert.deepEqual(await later(), ['gone AgentNotReady Application/shop']);
    assert.deepEqual(await later(), ['AgentBehind Application/shop'], 'a commit that Git does not know');
  });
});
