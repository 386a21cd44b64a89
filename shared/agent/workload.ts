import * as z from 'zod';
import type { Cluster, KubeObject, ObjectRef } from './cluster.ts';
import { type Condition, conditionOf, conditions, count, fields, listOf, refOf, text, texts } from './field.ts';
import { type Pod, readPod } from './pod.ts';

/** The kinds that run pods for as long as they are told to. */
export const WORKLOADS = [
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet' },
] as const;

const containers = listOf(z.object({ name: text, image: z.string() }));
const workload = z.object({
  spec: fields({
    replicas: count,
    paused: z.boolean().catch(false),
    selector: fields({
      matchLabels: texts,
      matchExpressions: listOf(z.object({ key: z.string(), operator: z.string(), values: listOf(z.string()) })),
    }),
    template: fields({ spec: fields({ containers, initContainers: containers }) }),
    updateStrategy: fields({ type: text, rollingUpdate: fields({ partition: count }) }),
  }),
  status: fields({
    observedGeneration: count,
    replicas: count,
    updatedReplicas: count,
    readyReplicas: count,
    availableReplicas: count,
    updateRevision: text,
    currentRevision: text,
    desiredNumberScheduled: count,
    updatedNumberScheduled: count,
    numberAvailable: count,
    conditions,
  }),
});

/** A container's image as its template declares it. */
export interface Declared {
  readonly container: string | null;
  readonly image: string;
}

/**
 * `complete`: as many pods of the newest template as wanted are available, and no others are left. `stuck`: Kubernetes gave
 * up waiting (`ProgressDeadlineExceeded`). `paused`: by a person, and not complete. `progressing`: anything else.
 */
export type Rollout = 'complete' | 'progressing' | 'stuck' | 'paused';

export interface Workload {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly images: readonly Declared[];
  readonly rollout: Rollout;
  /** What its rollout waits for, one sentence; empty when it is complete. */
  readonly message: string;
  /** Pods that it wants; null when nobody says so (a DaemonSet's before it was seen). */
  readonly wanted: number | null;
  readonly available: number;
  readonly conditions: readonly Condition[];
  /** What selects its pods; null when it selects none, or all. */
  readonly selector: string | null;
}

/** Reads a Deployment, a StatefulSet or a DaemonSet. */
export function readWorkload(object: KubeObject): Workload {
  const { spec, status } = workload.parse(object);
  const { containers: main, initContainers } = spec.template.spec;
  const images = [...initContainers, ...main].map(({ name, image }) => ({ container: name, image }));
  const daemon = object.kind === 'DaemonSet';
  const wanted = daemon ? status.desiredNumberScheduled : (spec.replicas ?? 1);
  const updated = (daemon ? status.updatedNumberScheduled : status.updatedReplicas) ?? 0;
  const available = (daemon ? status.numberAvailable : status.availableReplicas) ?? 0;
  // A StatefulSet and a DaemonSet replace theirs one by one.
  const old = object.kind === 'Deployment' ? (status.replicas ?? 0) - updated : 0;
  // Pods below the partition of a StatefulSet stay as they are.
  const partition = Math.min(spec.updateStrategy.rollingUpdate.partition ?? 0, wanted ?? 0);
  const due = (wanted ?? 0) - partition;
  const message = waitsFor({
    observed: (status.observedGeneration ?? 0) >= (object.metadata.generation ?? 0),
    byHand: spec.updateStrategy.type === 'OnDelete' && updated < (wanted ?? 0),
    ...{ wanted, due, updated, available, old },
  });
  const stuck = conditionOf(status.conditions, 'Progressing');
  const facts = { ref: refOf(object), object, images, wanted, available, conditions: status.conditions };
  const selector = selectorOf(spec.selector);
  if (message === '') return { ...facts, rollout: 'complete', message, selector };
  if (stuck?.status === 'False' && stuck.reason === 'ProgressDeadlineExceeded')
    return { ...facts, rollout: 'stuck', message: stuck.message ?? message, selector };
  return { ...facts, rollout: spec.paused ? 'paused' : 'progressing', message, selector };
}

interface Progress {
  readonly observed: boolean;
  readonly byHand: boolean;
  readonly wanted: number | null;
  readonly due: number;
  readonly updated: number;
  readonly available: number;
  readonly old: number;
}

/** As `kubectl rollout status` judges it. */
function waitsFor({ observed, byHand, wanted, due, updated, available, old }: Progress): string {
  if (!observed || wanted === null) return 'Its controller has not seen this version yet.';
  if (byHand) return 'Its pods are replaced only when somebody deletes them.';
  if (updated < due) return `${updated} of ${due} pods are of the new version.`;
  if (old > 0) return `${old} pods of the old version are still there.`;
  if (available < wanted) return `${available} of ${wanted} pods are available.`;
  return '';
}

type Selector = z.infer<typeof workload>['spec']['selector'];

const OPERATORS: Readonly<Record<string, (key: string, values: readonly string[]) => string>> = {
  In: (key, values) => `${key} in (${values.join(',')})`,
  NotIn: (key, values) => `${key} notin (${values.join(',')})`,
  Exists: (key) => key,
  DoesNotExist: (key) => `!${key}`,
};

function selectorOf({ matchLabels, matchExpressions }: Selector): string | null {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values }) => OPERATORS[operator]?.(key, values) ?? null);
  const all = [...labels, ...expressions];
  return all.length === 0 || all.includes(null) ? null : all.join(',');
}

/**
 * The pods of a workload, the newest template's marked as such: a Deployment's by the ReplicaSet of its own revision.
 * Throws what the cluster's lists throw.
 */
export async function podsOf(cluster: Cluster, { ref, object, selector }: Workload): Promise<readonly Pod[]> {
  if (ref.namespace === null || selector === null) return [];
  const within = { namespace: ref.namespace, labels: selector };
  const [pods, replicaSets] = await Promise.all([
    cluster.list('v1', 'Pod', within),
    ref.kind === 'Deployment' ? cluster.list('apps/v1', 'ReplicaSet', within) : [],
  ]);
  const owned = replicaSets.filter((one) => isOwnedBy(one, object));
  const current = ref.kind === 'Deployment' ? newestOf(owned, object) : null;
  const owners = new Set([object.metadata.uid, ...owned.map(({ metadata }) => metadata.uid)]);
  return pods
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => owners.has(uid)) ?? false)
    .map((pod) => readPod(pod, isNew(pod, object, current)));
}

const REVISION = 'deployment.kubernetes.io/revision';

function newestOf(replicaSets: readonly KubeObject[], { metadata }: KubeObject): string | null {
  const revision = metadata.annotations?.[REVISION];
  const found = replicaSets.find((one) => revision !== undefined && one.metadata.annotations?.[REVISION] === revision);
  return found?.metadata.uid ?? null;
}

function isOwnedBy({ metadata }: KubeObject, owner: KubeObject): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) ?? false;
}

/** Null when it can't be told. */
function isNew(pod: KubeObject, object: KubeObject, current: string | null): boolean | null {
  if (object.kind === 'Deployment')
    return current === null ? null : (pod.metadata.ownerReferences?.some(({ uid }) => uid === current) ?? false);
  const { updateRevision } = workload.parse(object).status;
  const hash = pod.metadata.labels?.['controller-revision-hash'];
  if (object.kind === 'StatefulSet' && updateRevision !== null && hash !== undefined) return hash === updateRevision;
  const generation = pod.metadata.labels?.['pod-template-generation'];
  const wanted = object.metadata.annotations?.['deprecated.daemonset.template.generation'];
  return generation === undefined || wanted === undefined ? null : generation === wanted;
}
