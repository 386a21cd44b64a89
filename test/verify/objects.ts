import type { KubeObject } from '../../shared/agent/cluster.ts';
import { LANDED_AT } from './sight.ts';

const before = new Date(LANDED_AT - 86_400_000).toISOString();

interface Made {
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: unknown;
  readonly status?: unknown;
}

function made(apiVersion: string, kind: string, path: string, { generation = 1, labels = {}, spec, status }: Made) {
  const [namespace = '', name = ''] = path.split('/');
  const metadata = { name, namespace, uid: `${kind}-${path}`, generation, labels, creationTimestamp: before };
  return { apiVersion, kind, metadata, spec, status } satisfies KubeObject;
}

export function gitRepository(url: string, suspend = false): KubeObject {
  const spec = { url, ref: { branch: 'main' }, suspend };
  return made('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system/main', { spec, status: {} });
}

export function ready(status: 'True' | 'False', reason: string, message = '', observedGeneration = 1) {
  return { type: 'Ready', status, reason, message, observedGeneration };
}

/** A Kustomization of `./apps`; `ids` of what it applied, `shop_api_apps_Deployment`. */
export function kustomization(status: object, ids: readonly string[] = [], path = './apps'): KubeObject {
  const spec = { path, sourceRef: { kind: 'GitRepository', name: 'main' } };
  const inventory = { entries: ids.map((id) => ({ id, v: 'v1' })) };
  return made('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', 'flux-system/apps', {
    spec,
    status: { observedGeneration: 1, inventory, ...status },
  });
}

/** An ExternalArtifact, and the Kustomization that takes it. */
export function externalArtifact(revision: string, origin: string): KubeObject {
  const artifact = { revision, metadata: { 'org.opencontainers.image.revision': origin } };
  const spec = { sourceRef: { kind: 'ArtifactGenerator', name: 'parts' } };
  return made('source.toolkit.fluxcd.io/v1', 'ExternalArtifact', 'flux-system/part', { spec, status: { artifact } });
}

export function artifactGenerator(): KubeObject {
  const spec = { sources: [{ alias: 'main', kind: 'GitRepository', name: 'main' }] };
  return made('source.extensions.fluxcd.io/v1beta1', 'ArtifactGenerator', 'flux-system/parts', { spec });
}

export function helmChart(revision: string, version: string): KubeObject {
  const spec = { chart: 'charts/podinfo', sourceRef: { kind: 'GitRepository', name: 'main' } };
  const status = { observedSourceArtifactRevision: revision, artifact: { revision: version } };
  return made('source.toolkit.fluxcd.io/v1', 'HelmChart', 'flux-system/apps-podinfo', { spec, status });
}

export function helmRelease(status: object, generation = 1): KubeObject {
  const sourceRef = { kind: 'GitRepository', name: 'main', namespace: 'flux-system' };
  const spec = { chart: { spec: { chart: 'charts/podinfo', sourceRef } } };
  return made('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'apps/podinfo', {
    generation,
    spec,
    status: { helmChart: 'flux-system/apps-podinfo', observedGeneration: 1, ...status },
  });
}

export function application(url: string, status: object, destination: object = { name: 'in-cluster' }): KubeObject {
  const spec = { source: { repoURL: url, targetRevision: 'main', path: 'apps' }, destination };
  return made('argoproj.io/v1alpha1', 'Application', 'argocd/apps', { spec, status });
}

/** A Deployment of one container; rolled out unless told otherwise. */
export function deployment(
  path: string,
  image: string,
  given: Made & { readonly available?: number } = {},
): KubeObject {
  const { available = 1, generation = 1 } = given;
  const name = path.split('/')[1];
  const containers = [{ name: 'app', image, readinessProbe: { httpGet: { path: '/', port: 80 } } }];
  const template = { metadata: { labels: { app: name } }, spec: { containers } };
  const conditions = [{ type: 'Available', status: available > 0 ? 'True' : 'False', lastTransitionTime: before }];
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: available, availableReplicas: available };
  return made('apps/v1', 'Deployment', path, {
    labels: given.labels ?? {},
    generation,
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template },
    status: { observedGeneration: generation, conditions, ...counts, ...(given.status as object | undefined) },
  });
}

export function canaryOf(path: string, status: object): KubeObject {
  const [, name] = path.split('/');
  const spec = { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, analysis: { interval: '30s' } };
  return made('flagger.app/v1beta1', 'Canary', path, { spec, status });
}

/** A pod of a ReplicaSet of that Deployment, and the ReplicaSet. */
export function podOf(path: string, waiting: { readonly reason: string; readonly message: string }): KubeObject[] {
  const [namespace = '', name = ''] = path.split('/');
  const owner = (kind: string, own: string) => [{ kind, name: own, uid: `${kind}-${namespace}/${own}` }];
  const labels = { app: name };
  const set = made('apps/v1', 'ReplicaSet', `${path}-1`, { labels });
  const status = {
    phase: 'Pending',
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'not ready' }],
    containerStatuses: [{ name: 'app', image: 'x', imageID: '', ready: false, restartCount: 1, state: { waiting } }],
  };
  const pod = made('v1', 'Pod', `${path}-1-x`, { labels, status });
  const refs = { ownerReferences: owner('Deployment', name) };
  const podRefs = { ownerReferences: owner('ReplicaSet', `${name}-1`) };
  return [
    { ...set, metadata: { ...set.metadata, ...refs } },
    { ...pod, metadata: { ...pod.metadata, ...podRefs } },
  ];
}
