import type { Cluster, KubeObject, ObjectRef } from '../../../shared/agent/cluster.ts';
import { keyOf } from '../../../shared/agent/field.ts';
import { type Canary, canariesOf } from '../../../shared/agent/flagger.ts';
import type { Pod } from '../../../shared/agent/pod.ts';
import { podsOf, readWorkload, WORKLOADS, type Workload } from '../../../shared/agent/workload.ts';
import type { Landed } from '../../../shared/notice/landed.ts';
import type { CanaryFacts, Primary, WorkloadFacts } from '../facts.ts';
import { beforeIn, isRenewed } from './evidence.ts';
import { foreignTo, hasTagOnly, usesImage } from './images.ts';
import { isJob, jobFacts } from './job.ts';
import { wordsOfPods } from './pods.ts';
import { isProbed } from './probe.ts';
import { isPromoted } from './promoted.ts';

const KINDS: ReadonlySet<string> = new Set(WORKLOADS.map(({ kind }) => kind));

export function isWorkload({ apiVersion, kind }: ObjectRef): boolean {
  return (apiVersion === 'apps/v1' && KINDS.has(kind)) || isJob({ apiVersion, kind });
}

/**
 * Reads these workloads, one list for each kind and namespace; those with pods that are not there yet are asked for these.
 * `onlyUsing`: of them those alone that have a container of the released image. `watched`: the release changes what Flagger
 * may watch beside them. Throws what the cluster's lists throw.
 */
export async function readWorkloads(
  cluster: Cluster,
  refs: readonly ObjectRef[],
  landed: Landed,
  { onlyUsing, watched }: { readonly onlyUsing: boolean; readonly watched: boolean },
): Promise<WorkloadFacts[]> {
  const wanted = refs.filter(isWorkload);
  const spaces = [...new Set(wanted.flatMap(({ namespace }) => namespace ?? []))];
  const released = wanted.some(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
  const [objects, canaries] = await Promise.all([
    objectsAt(cluster, wanted),
    released ? Promise.all(spaces.map((namespace) => canariesOf(cluster, namespace))) : [],
  ]);
  const all = canaries.flat();
  const facts = wanted.map(async (ref): Promise<WorkloadFacts[]> => {
    const object = objects.get(keyOf(ref));
    if (object === undefined) return [];
    if (isJob(ref)) return onlyUsing ? [] : [jobFacts(object, Date.parse(landed.landedAt))];
    const workload = readWorkload(object);
    if (onlyUsing && (landed.image === null || !usesImage(workload, landed.image))) return [];
    const canary = all.find(({ target }) => target !== null && keyOf(target) === keyOf(ref));
    const primary = canary?.primary ? objects.get(keyOf(canary.primary)) : undefined;
    return [await factsOf(cluster, workload, { canary, primary, watched }, landed)];
  });
  return (await Promise.all(facts)).flat();
}

/** All objects of those kinds in those namespaces, so that a canary's primary is among them. */
async function objectsAt(cluster: Cluster, refs: readonly ObjectRef[]): Promise<ReadonlyMap<string, KubeObject>> {
  const places = new Map(refs.map((ref) => [`${ref.kind} ${ref.namespace}`, ref]));
  const lists = await Promise.all(
    [...places.values()].map(async ({ apiVersion, kind, namespace }) => {
      const listed = await cluster.list(apiVersion, kind, namespace === null ? {} : { namespace });
      return listed.map((object): [string, KubeObject] => {
        const { name, namespace: own = null } = object.metadata;
        return [keyOf({ apiVersion, kind, namespace: own, name }), object];
      });
    }),
  );
  return new Map(lists.flat());
}

interface Flagged {
  readonly canary: Canary | undefined;
  readonly primary: KubeObject | undefined;
  readonly watched: boolean;
}

async function factsOf(
  cluster: Cluster,
  workload: Workload,
  { canary, primary, watched }: Flagged,
  landed: Landed,
): Promise<WorkloadFacts> {
  const { ref, object, rollout, message } = workload;
  const { image } = landed;
  const complete = rollout === 'complete';
  const serving = primary === undefined ? null : readWorkload(primary);
  const served = canary !== undefined && serving !== null;
  const needed = (!complete && !served) || (image !== null && hasTagOnly(workload, image));
  const pods = needed ? await podsOf(cluster, workload) : null;
  const ofPrimary = serving !== null && serving.rollout !== 'complete' ? await podsOf(cluster, serving) : [];
  return {
    name: `${ref.kind} ${ref.namespace}/${ref.name}`,
    generation: object.metadata.generation ?? 0,
    foreign: image === null ? null : foreignTo(workload, newest(pods), image),
    complete,
    probed: isProbed(object),
    available: workload.wanted === 0 || workload.available > 0,
    stuck: rollout === 'stuck' ? { reason: 'ProgressDeadlineExceeded', message } : null,
    pods: complete ? [] : wordsOfPods(pods ?? []),
    renewed: isRenewed(pods ?? [], Date.parse(landed.landedAt)),
    before: beforeIn(workload, pods ?? [], Date.parse(landed.landedAt)),
    canary: canary === undefined ? null : canaryFacts(canary, watched, primaryFacts(object, serving, ofPrimary)),
  };
}

/** Pods of another template are going to be replaced. */
function newest(pods: readonly Pod[] | null): readonly Pod[] | null {
  return pods?.filter(({ current }) => current !== false) ?? null;
}

function primaryFacts(target: KubeObject, primary: Workload | null, pods: readonly Pod[]): Primary | null {
  if (primary === null) return null;
  return {
    promoted: isPromoted(target, primary.object),
    complete: primary.rollout === 'complete',
    available: primary.wanted === 0 || primary.available > 0,
    pods: wordsOfPods(pods),
  };
}

function canaryFacts(canary: Canary, watched: boolean, primary: Primary | null): CanaryFacts {
  const { ref, phase, lastAppliedSpec, lastPromotedSpec, suspended, interval, conditions, failedChecks } = canary;
  const said = conditions.map(({ reason, message }) => message ?? reason ?? '').find((words) => words !== '');
  const checks = failedChecks === null || failedChecks === 0 ? '' : ` ${failedChecks} checks failed.`;
  const words = `${said ?? 'Flagger says nothing of why.'}${checks}`;
  const name = `Canary ${ref.namespace}/${ref.name}`;
  return { name, phase, lastAppliedSpec, lastPromotedSpec, suspended, watched, interval, words, primary };
}
