import { type ClusterDeps, sweepCluster } from '../../functions/sweep/cluster/sweep.ts';
import type { Cluster, KubeObject } from '../../shared/agent/cluster.ts';
import { Stalled } from '../../shared/errors.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import type { Table } from '../../shared/table/table.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { type MemoryCluster, memoryCluster } from '../servers/memory-cluster.ts';

/** What a cluster says to a function without drift.yaml. */
export const FORBIDDEN = new Stalled(
  'ClusterForbidden',
  'prod does not let gitferry patch deployments.apps in default.',
  {
    hint: 'Apply infra/cluster/drift.yaml there.',
  },
);

export const DIGEST = `sha256:${'1f'.repeat(32)}`;
export const OTHER = `sha256:${'2e'.repeat(32)}`;
export const IMAGE = `registry.example.com/shop:1@${DIGEST}`;

export const MANIFEST = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  labels: { app: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
        - name: shop
          image: ${IMAGE}
`;

/** When the test repositories' commits were made, and some time more. */
export const START = 1_700_000_000_000 + 3 * 60 * 60_000;
export const MINUTE = 60_000;

/** One deployment's clusters, and a clock that stands until it is moved. */
export interface Scene {
  readonly git: GitServer;
  readonly told: Notice[];
  readonly logged: string[];
  clock: number;
  table: Table;
  /** One sweep of a cluster; answers what it put on the bus, in short. */
  sweep(cluster: Cluster, given?: Partial<ClusterDeps>): Promise<string[]>;
}

/** `AgentSuspended Kustomization/apps`, with `gone` before it when it is gone. */
export function brief({ type, detail }: Notice): string {
  const { reason, object, gone } = detail as {
    reason?: string;
    object: { kind: string; name: string };
    gone?: boolean;
  };
  const what = type === 'Converge' ? 'Converge' : `${gone ? 'gone ' : ''}${reason}`;
  return `${what} ${object.kind}/${object.name}`;
}

export async function openScene(files: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const git = await startGitServer({ 'app/deployment.yaml': MANIFEST, ...files });
  const scene: Scene = {
    git,
    told: [],
    logged: [],
    clock: START,
    table: memoryTable(() => new Date(scene.clock)),
    async sweep(cluster, given = {}) {
      const from = scene.told.length;
      await sweepCluster(cluster, {
        ...{ deployment: 'test', repository: git.url, branch: 'main', table: scene.table },
        remote: new SmartHttp({ url: git.url, memory: newMemory() }),
        bus: { put: async (notices) => void scene.told.push(...notices) },
        now: () => new Date(scene.clock),
        remaining: () => 300_000,
        telemetry: SILENT,
        log: (message, facts) => void scene.logged.push(`${message} ${JSON.stringify(facts)}`),
        ...given,
      });
      return scene.told.slice(from).map(brief).sort();
    },
  };
  return scene;
}

const ready = (status = 'True', about: object = {}): object[] => [
  { type: 'Ready', status, reason: 'Said', message: 'as it says', ...about },
];

export function gitRepository(url: string, oid: string, about: object = {}): KubeObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'apps', namespace: 'flux-system', generation: 1 },
    spec: { url, interval: '1m', ref: { branch: 'main' } },
    status: {
      ...{ observedGeneration: 1, conditions: ready() },
      artifact: { revision: `main@sha1:${oid}`, digest: DIGEST },
      ...about,
    },
  };
}

export function kustomization(oid: string, spec: object = {}, status: object = {}): KubeObject {
  const revision = `main@sha1:${oid}`;
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', namespace: 'flux-system', generation: 1 },
    spec: { path: './app', interval: '5m', sourceRef: { kind: 'GitRepository', name: 'apps' }, ...spec },
    status: {
      ...{ observedGeneration: 1, conditions: ready(), lastAppliedRevision: revision, lastAttemptedRevision: revision },
      inventory: { entries: [{ id: 'default_shop_apps_Deployment', v: 'v1' }] },
      ...status,
    },
  };
}

export const failing = (about: object = {}): object => ({ conditions: ready('False', about) });

/** What a manager wrote: `spec.replicas`, or as the API server has it. */
export function wrote(manager: string, fieldsV1: object, about: object = {}): object {
  return { manager, operation: 'Update', apiVersion: 'apps/v1', time: '2023-11-14T22:00:00Z', fieldsV1, ...about };
}

export const AGENT = wrote(
  'kustomize-controller',
  { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"shop"}': { 'f:name': {} } } } } } },
  { operation: 'Apply' },
);
export const REPLICAS = { 'f:spec': { 'f:replicas': {} } };
export const CONTAINER_IMAGE = {
  'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"shop"}': { 'f:image': {} } } } } },
};

export function deployment(spec: object = {}, managedFields: readonly object[] = [AGENT], image = IMAGE): KubeObject {
  const labels = { app: 'shop' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...{ name: 'shop', namespace: 'default', uid: 'd1', generation: 1, labels, managedFields },
      annotations: { 'deployment.kubernetes.io/revision': '3' },
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'shop', image }] } },
      ...spec,
    },
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 },
  };
}

/** A cluster where all is as Git says; its dry runs answer the manifest as the API server would fill it in. */
export async function soundCluster(scene: Scene, name = 'prod'): Promise<MemoryCluster> {
  const oid = await scene.git.repository.git('rev-parse', 'main');
  const cluster = memoryCluster(name, gitRepository(scene.git.url, oid), kustomization(oid), deployment());
  cluster.dryRun = async (manifest) => {
    cluster.asked.push(`try ${manifest.kind} ${manifest.metadata.name}`);
    if (cluster.fault !== null) throw cluster.fault;
    return { ...manifest, metadata: { ...manifest.metadata, managedFields: [AGENT] } };
  };
  return cluster;
}
