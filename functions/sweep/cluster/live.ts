import type { Cluster, KubeObject, ObjectRef, Within } from '../../../shared/agent/cluster.ts';
import { keyOf, refOf } from '../../../shared/agent/field.ts';
import { readHelmRelease } from '../../../shared/agent/flux.ts';
import { WORKLOADS } from '../../../shared/agent/workload.ts';
import { Stalled } from '../../../shared/errors.ts';
import { type Holding, marksOf } from './holdings.ts';
import { together } from './together.ts';

/** The kinds of which infra/cluster gives rights: for the first infra/cluster/verify.yaml, for others infra/cluster/drift.yaml. */
const REQUIRED: readonly string[] = WORKLOADS.map(({ kind }) => kind);
const OPTIONAL: ReadonlySet<string> = new Set([
  ...[' ConfigMap', ' Service', ' ServiceAccount', ' PersistentVolumeClaim', ' LimitRange', ' ResourceQuota'],
  ...['batch Job', 'batch CronJob', 'autoscaling HorizontalPodAutoscaler', 'policy PodDisruptionBudget'],
  ...['networking.k8s.io Ingress', 'networking.k8s.io NetworkPolicy', 'flagger.app Canary'],
]);

const LISTS = 6;
const DAY = 24 * 60 * 60_000;

/** What may not be asked, and until when it is not asked again; it grows while a cluster is looked at. */
export type Forbidden = Map<string, string>;

/** An object that a holding applied; null where the cluster has none. */
export interface Subject {
  readonly holding: Holding;
  readonly ref: ObjectRef;
  readonly live: KubeObject | null;
}

/** The objects of these kinds that the holdings applied, as they are now. Throws what the cluster's lists throw. */
export async function readSubjects(
  cluster: Cluster,
  holdings: readonly Holding[],
  forbidden: Forbidden,
  now: Date,
): Promise<readonly Subject[]> {
  const wanted = new Map<string, ObjectRef>();
  for (const ref of holdings.flatMap(placesOf)) wanted.set(placeOf(ref), ref);
  const found = new Map<string, Map<string, KubeObject>>();
  await together([...wanted.values()], LISTS, async (ref) => {
    const list = await listOf(cluster, ref, forbidden, now);
    if (list !== null) found.set(placeOf(ref), new Map(list.map((one) => [keyOf(refOf(one)), one])));
  });
  return holdings.flatMap((holding) => {
    if (holding.objects.length === 0) return marked(holding, found);
    return holding.objects.flatMap((ref) => {
      const list = found.get(placeOf(ref));
      return list === undefined ? [] : [{ holding, ref, live: list.get(keyOf(ref)) ?? null }];
    });
  });
}

function placeOf({ apiVersion, kind, namespace }: ObjectRef): string {
  return `${apiVersion} ${kind} ${namespace ?? ''}`;
}

/** Of a HelmRelease without an inventory, the workloads where it installs to. */
function placesOf(holding: Holding): ObjectRef[] {
  if (holding.objects.length > 0) return holding.objects.filter(isRead);
  if (holding.follower.kind !== 'helm-release') return [];
  const { object, ref } = holding.follower;
  const namespace = readHelmRelease(object).spec.targetNamespace ?? ref.namespace;
  return WORKLOADS.map((workload) => ({ ...workload, namespace, name: '' }));
}

function isRead({ apiVersion, kind, namespace }: ObjectRef): boolean {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return namespace !== null && (isRequired(apiVersion, kind) || OPTIONAL.has(`${group} ${kind}`));
}

function isRequired(apiVersion: string, kind: string): boolean {
  return apiVersion === 'apps/v1' && REQUIRED.includes(kind);
}

async function listOf(cluster: Cluster, ref: ObjectRef, forbidden: Forbidden, now: Date) {
  const { apiVersion, kind, namespace } = ref;
  const deed = `list ${kind}`;
  if (forbidden.has(deed)) return null;
  const within: Within = namespace === null ? {} : { namespace };
  try {
    return await cluster.list(apiVersion, kind, within);
  } catch (error) {
    if (isRequired(apiVersion, kind) || !isForbidden(error)) throw error;
    forbid(forbidden, deed, now);
    return null;
  }
}

export function isForbidden(error: unknown): boolean {
  return error instanceof Stalled && error.reason === 'ClusterForbidden';
}

export function forbid(forbidden: Forbidden, deed: string, now: Date): void {
  forbidden.set(deed, new Date(now.getTime() + DAY).toISOString());
}

function marked(holding: Holding, found: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>): Subject[] {
  const marks = Object.entries(marksOf(holding));
  return placesOf(holding).flatMap((place) =>
    [...(found.get(placeOf(place))?.values() ?? [])].flatMap((live) =>
      marks.every(([key, value]) => live.metadata.labels?.[key] === value) ? [{ holding, ref: refOf(live), live }] : [],
    ),
  );
}
