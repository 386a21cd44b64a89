import { APPLICATION, REFRESH, readApplication, syncedRevisions } from '../../shared/agent/argo-cd.ts';
import type { Cluster, KubeObject, ObjectRef } from '../../shared/agent/cluster.ts';
import { refOf } from '../../shared/agent/field.ts';
import { commitOf, FLUX, REQUESTED_AT, readGitRepository } from '../../shared/agent/flux.ts';
import { concernedBy, findFollowers } from '../../shared/agent/follow.ts';
import type { Followed, Follower } from '../../shared/agent/follower.ts';
import { Retryable } from '../../shared/errors.ts';

/** How often an object that changes at the same time is read again. */
const ATTEMPTS = 5;

/** What was done in a cluster. */
export interface Nudged {
  readonly nudged: readonly ObjectRef[];
  /** They have this commit already. */
  readonly already: readonly ObjectRef[];
  /** A person suspended them: they were left alone, and what landed does not get into the cluster by them. */
  readonly suspended: readonly ObjectRef[];
}

export interface Target extends Followed {
  readonly commit: string;
  readonly paths: readonly string[];
}

type What = keyof Nudged | null;

/**
 * Asks the agents of a cluster to look at the repository now. Of Flux that is each GitRepository on the branch, whoever takes from
 * it, and nothing else: what follows it is started by its new artifact, and would only apply the old one once more, and
 * the new one after that, if it were asked before. Of Argo CD it is each Application that the paths concern.
 * Throws what a Cluster throws.
 */
export async function nudgeCluster(cluster: Cluster, target: Target, now: () => Date): Promise<Nudged> {
  const all = await findFollowers(cluster, target, null);
  const concerned = concernedBy(all, target.paths);
  const asked = all.filter(({ ref }) => ref.kind === FLUX.gitRepository.kind);
  asked.push(...concerned.filter(({ kind }) => kind === 'application'));
  const answers = await Promise.all(
    asked.map(async (one): Promise<[What, ObjectRef]> => [await nudge(cluster, one, target, now), one.ref]),
  );
  const of = (what: What): ObjectRef[] => answers.filter(([answer]) => answer === what).map(([, ref]) => ref);
  const others = concerned.filter((one) => one.suspended && !asked.includes(one)).map(({ ref }) => ref);
  return { nudged: of('nudged'), already: of('already'), suspended: [...of('suspended'), ...others] };
}

/** Null: it is gone. */
async function nudge(cluster: Cluster, follower: Follower, target: Target, now: () => Date): Promise<What> {
  const isApplication = follower.kind === 'application';
  const key = isApplication ? REFRESH : REQUESTED_AT;
  let { object } = follower;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (isSuspended(object, isApplication)) return 'suspended';
    if (hasAlready(object, target)) return 'already';
    // Argo CD takes the annotation away when it has looked: where it still stands, that look is to come.
    const value = isApplication ? 'normal' : now().toISOString();
    const before = object.metadata.annotations?.[key];
    if (isApplication && before !== undefined) return 'nudged';
    if (await cluster.annotate(object, { [key]: value })) return 'nudged';
    const read = await cluster.get(refOf(object));
    if (read === null) return null;
    // Somebody asked for the same since it was read, which was after the landing.
    const after = read.metadata.annotations?.[key];
    if (after !== undefined && after !== before) return 'nudged';
    object = read;
  }
  const { namespace, name } = follower.ref;
  throw new Retryable(
    'ClusterBusy',
    `${follower.ref.kind} ${namespace}/${name} of ${cluster.name} changes all the time.`,
    {
      hint: 'It will be tried again.',
      facts: { cluster: cluster.name },
    },
  );
}

function isSuspended(object: KubeObject, isApplication: boolean): boolean {
  if (!isApplication) return readGitRepository(object).spec.suspend;
  return object.metadata.annotations?.['argocd.argoproj.io/skip-reconcile'] === 'true';
}

function hasAlready(object: KubeObject, target: Target): boolean {
  if (object.kind === APPLICATION.kind) return syncedRevisions(readApplication(object), target).includes(target.commit);
  return commitOf(readGitRepository(object).status.artifact?.revision ?? null) === target.commit;
}
