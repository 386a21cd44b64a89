import { readApplication, syncedRevisions } from '../../../shared/agent/argo-cd.ts';
import { type Condition, conditionOf, keyOf } from '../../../shared/agent/field.ts';
import { milliseconds } from '../../../shared/agent/flagger.ts';
import {
  FLUX,
  readExternalArtifact,
  readGitRepository,
  readHelmChart,
  readHelmRelease,
  readKustomization,
} from '../../../shared/agent/flux.ts';
import type { Followed, Follower } from '../../../shared/agent/follower.ts';
import { type Finding, keyFor, MINUTE, nameOf, words } from './finding.ts';
import type { Standings } from './revisions.ts';

/** A failure is often over before anybody could look. */
const FAILING = 5 * MINUTE;
/** Beyond its own interval. */
const BEHIND = 10 * MINUTE;
/** Of Argo CD's Applications, which have none of their own. */
const ARGO_CD = 3 * MINUTE;

const NOT_READY = 'AgentNotReady';
const SUSPENDED = 'AgentSuspended';
const BEHIND_GIT = 'AgentBehind';
const OUT_OF_SYNC = 'OutOfSync';

/** What an agent's object says of itself, whatever its kind. */
interface Account {
  /** Its own words for what fails; null when nothing does. */
  readonly failing: { readonly words: string; readonly since: string | null } | null;
  /** It is at work, or has not seen its newest specification: nothing can be said of it now. */
  readonly busy: boolean;
  /** The revision that it has; null for kinds of which another object tells. */
  readonly revision: readonly (string | null)[] | null;
  readonly interval: number;
}

export interface Judged {
  readonly findings: readonly Finding[];
  readonly unsure: readonly string[];
}

/**
 * Judges the agents' objects, sources first as they come: what follows from the state of a source is told of the source
 * alone. Throws what Git throws.
 */
export async function judgeAgents(
  followers: readonly Follower[],
  followed: Followed,
  standing: Standings,
  now: Date,
): Promise<Judged> {
  const findings: Finding[] = [];
  const unsure: string[] = [];
  /** Objects that can't have what the branch has. */
  const held = new Set<string>();
  for (const follower of followers) {
    const { ref } = follower;
    const account = accountOf(follower, followed);
    const before = findings.length;
    const consequence = follower.sources.some((one) => held.has(keyOf(one)));
    const doubt = (...reasons: readonly string[]): void => {
      for (const reason of reasons) unsure.push(keyFor(reason, ref));
    };
    if (follower.suspended) {
      findings.push(suspended(follower));
      doubt(NOT_READY, BEHIND_GIT, OUT_OF_SYNC);
    } else {
      if (account.failing !== null) findings.push(failing(follower, account.failing));
      else if (account.busy) doubt(NOT_READY);
      findings.push(...outOfSync(follower));
      if (account.failing !== null || consequence) doubt(BEHIND_GIT);
      else findings.push(...(await behind(follower, account, standing, now)));
    }
    if (consequence || findings.length > before) held.add(keyOf(ref));
  }
  return { findings, unsure };
}

function suspended({ ref, kind }: Follower): Finding {
  const message = `${nameOf(ref)} is suspended: what lands does not get into the cluster by it.`;
  const hint =
    kind === 'application' ? 'Take the annotation argocd.argoproj.io/skip-reconcile off.' : 'Resume it: flux resume.';
  return { reason: SUSPENDED, object: ref, message, hint, since: null, grace: 0, mend: null };
}

function failing({ ref }: Follower, { words: said, since }: NonNullable<Account['failing']>): Finding {
  const message = `${nameOf(ref)} is not ready: ${said}`;
  const hint = 'Mend what it says, in Git where it comes from there.';
  return { reason: NOT_READY, object: ref, message, hint, since, grace: FAILING, mend: null };
}

/** Both by Git's clock, since the tip may move all the time, and by ours, since a commit may be pushed long after it was made. */
async function behind(
  { ref }: Follower,
  { revision, interval }: Account,
  standing: Standings,
  now: Date,
): Promise<Finding[]> {
  for (const one of revision ?? []) {
    const where = await standing(one);
    if (where.kind !== 'behind') continue;
    if (where.since !== null && now.getTime() - Date.parse(where.since) < interval + BEHIND) continue;
    const has = one === null || one === '' ? 'no revision' : words(one);
    const message = `${nameOf(ref)} is at ${has}, and not at the tip of the branch.`;
    const hint = 'See the log of its controller, and whether the cluster can reach the Git server.';
    return [{ reason: BEHIND_GIT, object: ref, message, hint, since: null, grace: FAILING, mend: null }];
  }
  return [];
}

/** Argo CD compares by itself, and says what it found. */
function outOfSync({ ref, kind, object }: Follower): Finding[] {
  if (kind !== 'application') return [];
  const { sync, operationState, resources } = readApplication(object).status;
  if (sync?.status !== 'OutOfSync' || operationState?.phase === 'Running') return [];
  const names = resources.filter(({ status }) => status === 'OutOfSync').map((one) => `${one.kind} ${one.name}`);
  const some = names.length === 0 ? '' : `: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`;
  const message = words(`${nameOf(ref)} is out of sync with Git${some}.`);
  const hint = 'See argocd app diff, and sync it, or let it heal itself (syncPolicy.automated.selfHeal).';
  return [{ reason: OUT_OF_SYNC, object: ref, message, hint, since: null, grace: ARGO_CD + BEHIND, mend: null }];
}

function accountOf(follower: Follower, followed: Followed): Account {
  const { object, ref, kind } = follower;
  if (kind === 'application') return ofApplication(follower, followed);
  const generation = object.metadata.generation ?? null;
  if (kind === 'kustomization') {
    const { spec, status } = readKustomization(object);
    const { lastAppliedRevision, lastAppliedOriginRevision } = status;
    // Of what was put together of several sources the revision itself is a digest.
    return of(status, generation, spec.interval, [lastAppliedOriginRevision ?? lastAppliedRevision]);
  }
  if (kind === 'helm-release') {
    const { spec, status } = readHelmRelease(object);
    return of(status, generation, spec.interval, null);
  }
  if (ref.kind === FLUX.helmChart.kind) {
    const { status } = readHelmChart(object);
    return of(status, generation, null, [status.observedSourceArtifactRevision]);
  }
  if (ref.kind === FLUX.gitRepository.kind) {
    const { spec, status } = readGitRepository(object);
    return of(status, generation, spec.interval, [status.artifact?.revision ?? null]);
  }
  const { status } = readExternalArtifact(object);
  return of({ ...status, observedGeneration: null }, null, null, null);
}

function of(
  { conditions, observedGeneration }: { conditions: readonly Condition[]; observedGeneration: number | null },
  generation: number | null,
  interval: string | null,
  revision: Account['revision'],
): Account {
  const ready = conditionOf(conditions, 'Ready');
  const seen = generation === null || observedGeneration === null || observedGeneration >= generation;
  const failed = ready?.status === 'False' && seen;
  const failing = failed
    ? {
        words: words(`${ready.reason ?? 'it gives no reason'}: ${ready.message ?? ''}`),
        since: ready.lastTransitionTime,
      }
    : null;
  const every = interval === null ? null : milliseconds(interval);
  return { failing, busy: !seen || ready?.status !== 'True', revision, interval: every ?? 10 * MINUTE };
}

function ofApplication({ object }: Follower, followed: Followed): Account {
  const read = readApplication(object);
  const { conditions, operationState, health } = read.status;
  const fault = conditions.find(({ type }) => type.endsWith('Error'));
  const failed = operationState?.phase === 'Failed' || operationState?.phase === 'Error';
  const said =
    fault !== undefined
      ? { words: words(`${fault.type}: ${fault.message ?? ''}`), since: fault.lastTransitionTime }
      : failed
        ? {
            words: words(`its sync ended: ${operationState?.message ?? ''}`),
            since: operationState?.finishedAt ?? null,
          }
        : health?.status === 'Degraded'
          ? { words: words(`it is Degraded. ${health.message ?? ''}`), since: null }
          : null;
  const busy = operationState?.phase === 'Running' || health?.status === 'Progressing';
  return { failing: said, busy, revision: syncedRevisions(read, followed), interval: ARGO_CD };
}
