import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type Deps, follow } from '../../functions/verify/follow.ts';
import { sharing } from '../../functions/verify/look/sharing.ts';
import type { Cluster as Api } from '../../shared/agent/cluster.ts';
import { connectCluster } from '../../shared/agent/connect.ts';
import { readKubeConfig } from '../../shared/agent/kube-config.ts';
import type { Change } from '../../shared/change/change.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { newId } from '../../shared/ledger/id.ts';
import type { Landed } from '../../shared/notice/landed.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { landed } from '../verify/sight.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { deployment, gitRepository, kustomization, request } from './manifests.ts';

const FOLDERS = ['good', 'failing', 'crash', 'late', 'red', 'redlate', 'first', 'neighbour'] as const;
type Folder = (typeof FOLDERS)[number];

/** These are released by Flagger. */
const CANARIES: readonly Folder[] = ['good', 'failing', 'first'];

let cluster: Cluster;
let git: GitServer;
let api: Api;

const fileOf = (folder: Folder): string => `${folder}/app.yaml`;

/** One file of a Deployment, and of its Canary where it has one. */
function manifests(folder: Folder, tag: string): string {
  const canary = {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: folder, namespace: 'shops' },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: folder },
      service: { port: 80 },
      progressDeadlineSeconds: 60,
      analysis: {
        ...{ interval: '10s', threshold: 1, iterations: 1 },
        metrics: [{ name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } }],
      },
    },
  };
  const objects = [deployment('shops', folder, `registry.example.com/shop:${tag}`)];
  if (CANARIES.includes(folder)) objects.push(canary);
  return objects.map((one) => stringify(one)).join('---\n');
}

interface Ended {
  readonly verdict: Extract<Change, { kind: 'verdict' }>;
  /** Looks that it took, and what they asked of the cluster. */
  readonly looks: number;
  readonly requests: number;
}

/** Follows a release as the queue would, with its delays. `apply` is called after the first look. */
async function verdictOf(
  folder: Folder,
  commit: string,
  given: Partial<Landed>,
  apply?: () => Promise<unknown>,
): Promise<Ended> {
  const sent: Change[] = [];
  const pending: { readonly look: number; readonly seconds: number }[] = [{ look: 1, seconds: 0 }];
  let requests = 0;
  const counting: Api = {
    ...api,
    name: api.name,
    get: (ref) => {
      requests += 1;
      return api.get(ref);
    },
    list: (...args) => {
      requests += 1;
      return api.list(...args);
    },
  };
  const deps: Deps = {
    clusters: [counting],
    remote: new SmartHttp({ url: git.url, memory: newMemory() }),
    table: memoryTable(),
    later: async ({ look }, seconds) => void pending.push({ look, seconds }),
    send: async (changes) => void sent.push(...changes),
    now: Date.now,
    telemetry: SILENT,
    log: (message, facts) => process.env.VERBOSE && console.log(folder, message, JSON.stringify(facts)),
  };
  const release = landed({
    repository: git.url,
    release: newId(),
    unit: `config#${folder}`,
    commit,
    landedAt: new Date().toISOString(),
    paths: [fileOf(folder)],
    rollout: { deadline: 150_000, onFailure: 'revert' },
    ...given,
  });
  let looks = 0;
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    await delay(next.seconds * 1000);
    await follow(release, next.look, { ...deps, clusters: deps.clusters.map(sharing) });
    looks += 1;
    if (next.look === 1) await apply?.();
  }
  const [verdict] = sent;
  assert.ok(verdict?.kind === 'verdict' && sent.length === 1);
  return { verdict, looks, requests };
}

/** Commits another tag for one folder; commits are made one after the other. */
let commits: Promise<unknown> = Promise.resolve();
function commit(folder: Folder, tag: string): Promise<string> {
  const made = commits.then(() => git.repository.commit({ [fileOf(folder)]: manifests(folder, tag) }));
  commits = made.catch(() => {});
  return made;
}

async function nudge(): Promise<void> {
  await cluster.patch('GitRepository', 'flux-system', 'main', request());
}

async function applied(folder: Folder, tag: string): Promise<void> {
  const isThere = (image: string): boolean => image.endsWith(`:${tag}`);
  await cluster.until('Deployment', 'shops', folder, ({ spec }) => isThere(spec.template.spec.containers[0].image));
}

before(async () => {
  const tags: Partial<Record<Folder, string>> = { red: '1-bad', redlate: '1-bad' };
  const files = FOLDERS.filter((folder) => folder !== 'first').map((folder) => [
    fileOf(folder),
    manifests(folder, tags[folder] ?? '1'),
  ]);
  git = await startGitServer({ ...Object.fromEntries(files), 'first/README.md': 'Nothing yet.\n' });
  cluster = await startCluster({
    controllers: ['kustomize', 'flagger'],
    users: [{ name: 'verify', groups: ['gitferry:verify'] }],
    namespaces: ['shops'],
  });
  await cluster.apply(await readFile(join(import.meta.dirname, '../../infra/cluster/verify.yaml'), 'utf8'));
  api = connectCluster(await readKubeConfig(cluster.kubeconfig('verify'), 'test'), 'test');
  cluster.prometheus.set({ successRate: 42 }, 'failing');
  await cluster.apply([gitRepository('flux-system', 'main', git.url)]);
  await cluster.apply(
    FOLDERS.map((folder) => {
      const one = kustomization('flux-system', folder, `./${folder}`) as { spec: object };
      return { ...one, spec: { ...one.spec, timeout: '5s', sourceRef: { kind: 'GitRepository', name: 'main' } } };
    }),
  );
  await Promise.all(
    CANARIES.filter((folder) => folder !== 'first').map((folder) =>
      cluster.until('Canary', 'shops', folder, ({ status }) => status?.phase === 'Initialized'),
    ),
  );
});

after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await git?.close();
});

describe('a verdict', { concurrency: true }, () => {
  it('is delivered when the canary is through', async () => {
    const { verdict, requests, looks } = await verdictOf('good', await commit('good', '2'), {}, nudge);
    assert.equal(`${verdict.verdict} ${verdict.reason}`, 'delivered Delivered', verdict.message);
    const primary = await cluster.get('Deployment', 'shops', 'good-primary');
    assert.equal(primary?.spec.template.spec.containers[0].image, 'registry.example.com/shop:2');
    console.log(`good canary: ${looks} looks, ${requests} requests to the cluster`);
  });

  it('is failed when Flagger takes it back; its revert is delivered, though the phase stays Failed', async () => {
    const { verdict } = await verdictOf('failing', await commit('failing', '2'), {}, nudge);
    assert.equal(`${verdict.verdict} ${verdict.reason}`, 'failed CanaryFailed', verdict.message);
    assert.match(verdict.message, /Canary shops\/failing failed: /u);
    const reverted = await verdictOf('failing', await commit('failing', '1'), { reverts: newId() }, nudge);
    assert.equal(reverted.verdict.verdict, 'delivered', reverted.verdict.message);
    const canary = await cluster.get('Canary', 'shops', 'failing');
    assert.equal(canary?.status.phase, 'Failed');
  });

  it('is failed when a pod can’t run, with the pod’s reason', async () => {
    const { verdict, requests, looks } = await verdictOf('crash', await commit('crash', '2-bad'), {}, nudge);
    assert.equal(`${verdict.verdict} ${verdict.reason}`, 'failed PodNotReady', verdict.message);
    assert.match(verdict.message, /Deployment shops\/crash in test: CrashLoopBackOff: /u);
    console.log(`crashing pod: ${looks} looks, ${requests} requests to the cluster`);
  });

  it('is failed also when the first look comes after it was applied', async () => {
    const oid = await commit('late', '2-bad');
    const landedAt = new Date().toISOString();
    await nudge();
    await applied('late', '2-bad');
    const { verdict } = await verdictOf('late', oid, { landedAt });
    assert.equal(`${verdict.verdict} ${verdict.reason}`, 'failed PodNotReady', verdict.message);
  });

  it('of a first deployment is delivered, without a canary to compare', async () => {
    const { verdict } = await verdictOf('first', await commit('first', '1'), {}, nudge);
    assert.equal(verdict.verdict, 'delivered', verdict.message);
  });

  it('of what was red before is inconclusive', async () => {
    // Until then it may recover. A busy machine takes half a minute to apply it.
    const rollout = { deadline: 60_000, onFailure: 'revert' } as const;
    const { verdict } = await verdictOf('red', await commit('red', '2-bad'), { rollout }, nudge);
    assert.equal(`${verdict.verdict} ${verdict.reason}`, 'inconclusive UnhealthyBefore', verdict.message);
  });

  it('also when the first look comes late', async () => {
    const oid = await commit('redlate', '2-bad');
    const landedAt = new Date().toISOString();
    await nudge();
    await applied('redlate', '2-bad');
    const rollout = { deadline: 30_000, onFailure: 'revert' } as const;
    const { verdict } = await verdictOf('redlate', oid, { rollout, landedAt });
    assert.equal(verdict.verdict, 'inconclusive', verdict.message);
  });

  it('of two in one folder fails only the one that fails', async () => {
    const two = { unit: 'config#other', paths: ['neighbour/other.yaml'] };
    const other = stringify(deployment('shops', 'other', 'registry.example.com/shop:1-bad'));
    const oid = await commits.then(() =>
      git.repository.commit({ 'neighbour/other.yaml': other, 'neighbour/app.yaml': manifests('neighbour', '2') }),
    );
    const [good, bad] = await Promise.all([
      verdictOf('neighbour', oid, {}, nudge),
      verdictOf('neighbour', oid, two, nudge),
    ]);
    assert.equal(good.verdict.verdict, 'delivered', good.verdict.message);
    assert.equal(bad.verdict.verdict, 'failed', bad.verdict.message);
    assert.match(bad.verdict.message, /shops\/other/u);
  });
});
