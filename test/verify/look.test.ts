import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { NOTHING_REMEMBERED } from '../../functions/verify/facts.ts';
import { judge } from '../../functions/verify/judge/judge.ts';
import { type Learnt, look, NOTHING_LEARNT } from '../../functions/verify/look/look.ts';
import { sharing } from '../../functions/verify/look/sharing.ts';
import type { KubeObject } from '../../shared/agent/cluster.ts';
import { Stalled } from '../../shared/errors.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import type { Landed } from '../../shared/notice/landed.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { type MemoryCluster, memoryCluster } from '../servers/memory-cluster.ts';
import {
  application,
  artifactGenerator,
  canaryOf,
  deployment,
  externalArtifact,
  gitRepository,
  helmChart,
  helmRelease,
  kustomization,
  podOf,
  ready,
} from './objects.ts';
import { DIGEST, LANDED_AT, landed, OTHER } from './sight.ts';

const IMAGE = 'registry.example/shop/api';
const manifest = (tag: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: api, namespace: shop }
spec: { template: { spec: { containers: [{ name: app, image: "${IMAGE}:${tag}" }] } } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
`;

describe('a look', () => {
  let git: GitServer;
  let commits: { parent: string; ours: string; later: string; aside: string; chart: string };
  let cluster: MemoryCluster;

  before(async () => {
    git = await startGitServer({ 'apps/shop/api.yaml': manifest('1'), 'apps/shop/web.yaml': 'a: 1\n' });
    const { repository } = git;
    const parent = await repository.git('rev-parse', 'main');
    const ours = await repository.commit({ 'apps/shop/api.yaml': manifest('2') });
    const later = await repository.commit({ 'apps/shop/web.yaml': 'a: 2\n' });
    const chart = await repository.commit({
      'charts/podinfo/Chart.yaml': 'name: podinfo\nversion: 6.1.0\n',
      'charts/podinfo/templates/deployment.yaml': manifest('{{ .Values.tag }}'),
    });
    await repository.git('branch', 'aside', parent);
    const aside = await repository.commit({ 'apps/shop/web.yaml': 'a: 3\n' }, 'aside');
    commits = { parent, ours, later, aside, chart };
  });
  after(() => git.close());
  beforeEach(() => {
    cluster = memoryCluster();
    cluster.put(gitRepository(git.url));
  });

  const remote = () => new SmartHttp({ url: git.url, memory: newMemory() });
  const release = (given: Partial<Landed> = {}) => landed({ repository: git.url, commit: commits.ours, ...given });
  const revision = (commit: string): string => `main@sha1:${commit}`;
  const HELD = ['shop_api_apps_Deployment', 'shop_settings__ConfigMap', 'shop_web_apps_Deployment'];

  function applied(commit: string, ids = HELD): KubeObject {
    const at = { lastAppliedRevision: revision(commit), lastAttemptedRevision: revision(commit) };
    return kustomization({ ...at, conditions: [ready('True', 'ReconciliationSucceeded')] }, ids);
  }

  /** What a look at the cluster comes to. */
  async function judged(given: Partial<Landed> = {}, known: Learnt = NOTHING_LEARNT): Promise<string> {
    const sight = { clusters: [sharing(cluster)], remote: remote(), telemetry: SILENT };
    const { facts } = await look(release(given), sight, known);
    const found = judge(facts, NOTHING_REMEMBERED, { now: LANDED_AT + 60_000, deadline: LANDED_AT + 600_000 });
    return found.kind === 'wait' ? `wait: ${found.words}` : found.kind === 'verdict' ? found.verdict : found.kind;
  }

  describe('of a Kustomization', () => {
    test('applied, by it or a descendant, and its Deployment rolled out: delivered', async () => {
      cluster.put(applied(commits.ours), deployment('shop/api', `${IMAGE}:2`));
      assert.equal(await judged(), 'delivered');
      cluster.put(applied(commits.later));
      assert.equal(await judged(), 'delivered');
    });

    test('of another folder, it counts only where it builds on the unit', async () => {
      const at = { lastAppliedRevision: revision(commits.ours), lastAttemptedRevision: revision(commits.ours) };
      const status = { ...at, conditions: [ready('True', 'ReconciliationSucceeded')] };
      cluster.put(
        deployment('shop/api', `${IMAGE}:2`),
        kustomization(status, ['shop_other_apps_Deployment'], './overlays'),
      );
      assert.match(await judged(), /^wait: Nothing follows/u);
      cluster.put(kustomization(status, HELD, './overlays'));
      assert.equal(await judged(), 'delivered');
    });

    test('Ready for an older revision: waits (fault 48)', async () => {
      cluster.put(applied(commits.parent), deployment('shop/api', `${IMAGE}:1`));
      assert.match(await judged(), /^wait: .*Kustomization flux-system\/apps in test is at main@sha1:/u);
      cluster.put(applied(commits.aside));
      assert.match(await judged(), /^wait/u);
    });

    test('a failure is believed only of the generation that stands there', async () => {
      const at = { lastAppliedRevision: revision(commits.parent), lastAttemptedRevision: revision(commits.ours) };
      const words = 'Deployment/shop/api dry-run failed: invalid';
      cluster.put(kustomization({ ...at, conditions: [ready('False', 'ReconciliationFailed', words)] }, HELD));
      assert.match(await judged(), /wait: .*says ReconciliationFailed: Deployment\/shop\/api dry-run failed/u);
      cluster.put(kustomization({ ...at, conditions: [ready('False', 'ReconciliationFailed', words, 0)] }, HELD));
      assert.doesNotMatch(await judged(), /says/u);
    });

    test('while it waits for the health of others, what it applied is judged by itself', async () => {
      const at = { lastAppliedRevision: revision(commits.parent), lastAttemptedRevision: revision(commits.later) };
      const waits = (what: string, observedGeneration = 1): KubeObject => {
        const message = `${what} for revision ${revision(commits.later)} with a timeout of 5m0s`;
        const reconciling = { type: 'Reconciling', status: 'True', reason: 'Progressing', message, observedGeneration };
        return kustomization({ ...at, conditions: [reconciling] }, HELD);
      };
      cluster.put(deployment('shop/api', `${IMAGE}:2`), waits('Running health checks'));
      assert.equal(await judged(), 'delivered');
      for (const earlier of [waits('Building manifests'), waits('Running health checks', 0)]) {
        cluster.put(earlier);
        assert.match(await judged(), /^wait/u);
      }
    });

    test('through an ExternalArtifact, the origin of its digest counts', async () => {
      const object = (at: object): KubeObject => {
        const one = kustomization({ ...at, conditions: [ready('True', 'ReconciliationSucceeded')] }, HELD);
        return { ...one, spec: { path: './', sourceRef: { kind: 'ExternalArtifact', name: 'part' } } };
      };
      cluster.put(artifactGenerator(), externalArtifact(`latest@${DIGEST}`, revision(commits.ours)));
      cluster.put(deployment('shop/api', `${IMAGE}:2`));
      const digest = { lastAppliedRevision: `latest@${DIGEST}`, lastAttemptedRevision: `latest@${DIGEST}` };
      cluster.put(object(digest));
      assert.match(await judged(), /^wait/u);
      cluster.put(object({ ...digest, lastAppliedOriginRevision: revision(commits.ours) }));
      assert.equal(await judged(), 'delivered');
      cluster.put(object({ ...digest, lastAppliedOriginRevision: revision(commits.parent) }));
      assert.match(await judged(), /^wait/u);
    });

    test('a suspended source is as a suspended Kustomization', async () => {
      cluster.put(gitRepository(git.url, true), applied(commits.parent));
      assert.match(await judged(), /is suspended/u);
    });

    test('a crash of its Deployment is told; one of a neighbour is not', async () => {
      const waiting = { reason: 'CrashLoopBackOff', message: 'back-off' };
      cluster.put(applied(commits.ours), deployment('shop/api', `${IMAGE}:2`));
      cluster.put(deployment('shop/web', 'web:1', { available: 0 }), ...podOf('shop/web', waiting));
      assert.equal(await judged(), 'delivered');
      cluster.put(deployment('shop/api', `${IMAGE}:2`, { available: 0 }), ...podOf('shop/api', waiting));
      assert.match(await judged(), /A pod of Deployment shop\/api in test: CrashLoopBackOff: api-1-x: /u);
    });

    test('names that kustomize made longer are found, unless two are', async () => {
      cluster.put(applied(commits.ours, ['shop_pre-api_apps_Deployment', 'shop_settings__ConfigMap']));
      cluster.put(deployment('shop/pre-api', `${IMAGE}:2`, { available: 0 }));
      assert.match(await judged(), /Deployment shop\/pre-api in test is not rolled out/u);
      cluster.put(applied(commits.ours, ['shop_pre-api_apps_Deployment', 'shop_api-post_apps_Deployment']));
      assert.equal(await judged(), 'delivered');
    });

    test('of a canary, the primary is what counts', async () => {
      cluster.put(
        applied(commits.ours),
        deployment('shop/api', `${IMAGE}:2`),
        deployment('shop/api-primary', `${IMAGE}:1`),
      );
      cluster.put(canaryOf('shop/api', { phase: 'Succeeded', lastAppliedSpec: 'x', lastPromotedSpec: 'x' }));
      assert.match(await judged(), /is Succeeded, but its primary runs something else/u);
      cluster.put(deployment('shop/api-primary', `${IMAGE}:2`));
      // The ConfigMap beside it may be watched, too.
      assert.match(await judged(), /Flagger may not have seen yet/u);
      const image = { name: IMAGE, tag: '2', digest: DIGEST };
      const paths = ['apps/shop/web.yaml'];
      assert.equal(await judged({ image, paths }), 'delivered');
    });
  });

  describe('of an image', () => {
    const image = { name: IMAGE, tag: '2', digest: DIGEST };

    test('what its own file names must run it, by digest', async () => {
      cluster.put(applied(commits.ours), deployment('shop/api', `${IMAGE}:2@${OTHER}`));
      assert.match(await judged({ image }), /runs registry\.example\/shop\/api:2@sha256:e+/u);
      cluster.put(deployment('shop/api', `${IMAGE}:2@${DIGEST}`));
      assert.equal(await judged({ image }), 'delivered');
    });

    test('named by a tag, the pods are asked what they run', async () => {
      const [set, pod] = podOf('shop/api', { reason: 'x', message: 'x' }) as [KubeObject, KubeObject];
      const runs = (digest: string): KubeObject => {
        const containerStatuses = [
          { name: 'app', image: 'x', imageID: `${IMAGE}@${digest}`, ready: true, restartCount: 0 },
        ];
        return { ...pod, status: { conditions: [{ type: 'Ready', status: 'True' }], containerStatuses } };
      };
      cluster.put(applied(commits.ours), deployment('shop/api', `${IMAGE}:2`), set, runs(OTHER));
      assert.match(await judged({ image }), /runs registry\.example\/shop\/api:2 as sha256:e+/u);
      cluster.put(runs(DIGEST));
      assert.equal(await judged({ image }), 'delivered');
      cluster.put(deployment('shop/api', `${IMAGE}:1`));
      assert.match(await judged({ image }), /runs registry\.example\/shop\/api:1/u);
    });

    test('named elsewhere, all that the agents hold of it count, and nothing else', async () => {
      const ids = ['shop_web_apps_Deployment', 'shop_jobs_apps_Deployment'];
      cluster.put(applied(commits.ours, ids), deployment('shop/jobs', 'other:1', { available: 0 }));
      cluster.put(deployment('shop/web', `${IMAGE}:1`));
      const paths = ['apps/shop/web.yaml'];
      assert.match(await judged({ image, paths }), /Deployment shop\/web in test runs registry\.example\/shop\/api:1/u);
      cluster.put(deployment('shop/web', `${IMAGE}:2@${DIGEST}`));
      assert.equal(await judged({ image, paths }), 'delivered');
    });
  });

  describe('of a chart', () => {
    const paths = ['charts/podinfo/Chart.yaml', 'charts/podinfo/templates/deployment.yaml'];
    const chart = (given: object = {}) => ({ paths, commit: commits.chart, unit: 'charts#podinfo', ...given });
    const deployed = { chartVersion: '6.1.0', status: 'deployed' };
    const done = {
      lastAttemptedRevision: '6.1.0',
      history: [deployed],
      conditions: [ready('True', 'UpgradeSucceeded')],
    };
    const labels = { 'helm.toolkit.fluxcd.io/name': 'podinfo', 'helm.toolkit.fluxcd.io/namespace': 'apps' };

    test('packed from the release, deployed and Ready, and its workloads rolled out: delivered', async () => {
      cluster.put(helmChart(revision(commits.chart), '6.1.0'), helmRelease(done));
      assert.equal(await judged(chart()), 'delivered');
      cluster.put(deployment('apps/podinfo', 'podinfo:1', { labels, available: 0 }));
      assert.match(await judged(chart()), /Deployment apps\/podinfo in test is not rolled out/u);
    });

    test('no Kustomization of another folder speaks for it', async () => {
      cluster.put(kustomization({ lastAppliedRevision: revision(commits.chart) }, HELD, './overlays'));
      assert.match(await judged(chart()), /^wait: Nothing follows/u);
    });

    test('packed before it, or another version deployed, or not Ready for this generation: waits', async () => {
      cluster.put(helmChart(revision(commits.later), '6.1.0'), helmRelease(done));
      assert.match(await judged(chart()), /^wait/u);
      cluster.put(helmChart(revision(commits.chart), '6.2.0'));
      assert.match(await judged(chart()), /^wait/u);
      cluster.put(helmChart(revision(commits.chart), '6.1.0'), helmRelease(done, 2));
      assert.match(await judged(chart()), /^wait/u);
      cluster.put(helmRelease({ ...done, history: [{ ...deployed, status: 'failed' }] }));
      assert.match(await judged(chart()), /^wait/u);
    });

    test('given up, in Helm’s own words', async () => {
      const conditions = [
        ready('False', 'UpgradeFailed', 'Helm upgrade failed: timed out'),
        { ...ready('True', 'RetriesExceeded'), type: 'Stalled', status: 'True' },
      ];
      cluster.put(helmChart(revision(commits.chart), '6.1.0'), helmRelease({ ...done, history: [], conditions }));
      assert.match(await judged(chart()), /HelmRelease apps\/podinfo in test says UpgradeFailed: Helm upgrade failed/u);
      cluster.put(helmRelease({ ...done, history: [], conditions: conditions.slice(0, 1) }));
      assert.doesNotMatch(await judged(chart()), /says/u);
    });
  });

  describe('of an Application', () => {
    const synced = (commit: string, health: string, status = 'Synced') => ({
      sync: { status, revision: commit },
      health: { status: health },
      operationState: { phase: 'Succeeded', syncResult: { revision: commit } },
    });

    test('Synced to it or a descendant, and Healthy', async () => {
      cluster.put(application(git.url, synced(commits.later, 'Healthy')));
      assert.equal(await judged(), 'delivered');
      for (const status of [
        synced(commits.parent, 'Healthy'),
        synced(commits.ours, 'Progressing'),
        synced(commits.ours, 'Healthy', 'OutOfSync'),
      ]) {
        cluster.put(application(git.url, status));
        assert.match(await judged(), /^wait/u);
      }
    });

    test('whose sync failed, in its own words', async () => {
      const message = 'one or more objects failed to apply: Deployment/shop/api is invalid';
      const operationState = { phase: 'Failed', message, syncResult: { revision: commits.ours } };
      cluster.put(application(git.url, { ...synced(commits.ours, 'Healthy', 'OutOfSync'), operationState }));
      assert.match(await judged(), /says SyncFailed: one or more objects failed to apply/u);
    });

    test('of another cluster is Healthy, or it is waited for', async () => {
      const there = { server: 'https://elsewhere.example' };
      cluster.put(application(git.url, synced(commits.ours, 'Degraded'), there));
      assert.match(await judged(), /^wait/u);
      cluster.put(application(git.url, synced(commits.ours, 'Healthy'), there));
      assert.equal(await judged(), 'delivered');
    });
  });

  test('a cluster or a Git server that fails is among the facts', async () => {
    cluster.put(applied(commits.later), deployment('shop/api', `${IMAGE}:2`));
    cluster.fault = new Stalled('ClusterForbidden', 'The cluster test does not allow to list Kustomizations.');
    assert.match(await judged(), /does not allow to list Kustomizations/u);
    cluster.fault = null;
    const away = new SmartHttp({ url: 'http://127.0.0.1:1/main.git', memory: newMemory(), remaining: () => 1000 });
    const { facts, learnt } = await look(
      release(),
      { clusters: [cluster], remote: away, telemetry: SILENT },
      NOTHING_LEARNT,
    );
    assert.equal(facts.git?.reason, 'ServerUnreachable');
    assert.deepEqual(learnt, NOTHING_LEARNT);
  });

  test('whatever stands in a status, a look neither fails nor delivers', async () => {
    for (const odd of [null, 1, 'x', [], { conditions: 'no' }, { inventory: [1], lastAppliedRevision: {} }]) {
      const one = kustomization({}, HELD);
      cluster.put({ ...one, status: odd }, { ...deployment('shop/api', 'x'), spec: odd, status: odd });
      cluster.put(canaryOf('shop/api', { phase: 7, lastAppliedSpec: [] }), { ...helmRelease({}), status: odd });
      cluster.put({ ...application(git.url, {}), status: odd });
      assert.match(await judged(), /^wait/u, JSON.stringify(odd));
    }
  });

  test('what a verdict costs: a list for each kind, and few requests to Git', async () => {
    cluster.put(applied(commits.later), deployment('shop/api', `${IMAGE}:2`));
    const [from, one] = [git.requests.length, remote()];
    const first = await look(
      release(),
      { clusters: [sharing(cluster)], remote: one, telemetry: SILENT },
      NOTHING_LEARNT,
    );
    assert.equal(new Set(cluster.asked).size, cluster.asked.length);
    assert.ok(cluster.asked.length <= 9, cluster.asked.join('\n'));
    const asked = git.requests.length;
    assert.ok(asked - from <= 8, `${asked - from} requests to Git`);
    await look(release(), { clusters: [sharing(cluster)], remote: one, telemetry: SILENT }, first.learnt);
    assert.equal(git.requests.length - asked, 1);
  });
});
