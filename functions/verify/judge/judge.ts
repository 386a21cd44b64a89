import type { Outcome } from '../../../shared/change/verdict.ts';
import type { ClusterFacts, Facts, FollowerFacts, Memory, Past, Words, WorkloadFacts } from '../facts.ts';
import { counted, judgeFollower } from './applied.ts';
import { names } from './blame.ts';
import { type Finding, type Settling, type Trouble, waiting } from './finding.ts';
import { beforeOf, withBaseline, withEvidence } from './health.ts';
import { judgeWorkload } from './running.ts';
import { inconclusive, type Said, timedOut } from './words.ts';

/** `settled`: the ledger has the verdict already. */
export type Judgement =
  | ({ readonly kind: 'verdict'; readonly verdict: Outcome } & Said)
  | { readonly kind: 'settled' }
  | {
      readonly kind: 'wait';
      /** What for. */
      readonly words: string;
      readonly remember: Memory;
      /** Milliseconds after which something that was seen failing can be believed; null when nothing was. */
      readonly soon: number | null;
    };

/** When: milliseconds since 1970. */
export interface Time {
  readonly now: number;
  readonly deadline: number;
}

/**
 * What became of a release, from what this look found and earlier ones remembered. A failure is believed when it is seen
 * again, and is the release's only where what fails was in order before it.
 */
export function judge(facts: Facts, memory: Memory, time: Time): Judgement {
  const { past } = facts;
  if (past.verdict !== null) return { kind: 'settled' };
  const baseline = withBaseline(memory, facts);
  const evidence = withEvidence(memory, facts);
  const following = facts.clusters.filter(({ fault, followers }) => fault !== null || followers.length > 0);
  const findings = following.flatMap((one) => judgeCluster(one, { ...memory, baseline, evidence }, past));
  if (facts.git !== null) findings.push(waiting('cluster', `Git can't be asked: ${facts.git.message}`));
  const left = ({ key, confirm }: Trouble | Settling): number =>
    (memory.suspicions[key] ?? time.now) + confirm - time.now;
  const settled = findings.every((one) => one.kind === 'settling' && left(one) <= 0);
  if (following.length > 0 && settled) return delivered(following, past);
  if (past.superseded)
    return verdict('superseded', {
      reason: 'NewerRelease',
      message: 'Another state of the unit landed before this one had ended.',
      hint: 'Look at the verdict of the newer release.',
    });

  const troubles = findings.filter((one): one is Trouble => one.kind === 'trouble');
  const believed = troubles.filter((one) => memory.suspicions[one.key] !== undefined && left(one) <= 0);
  const guilty = believed.find((one) => one.guilty === true);
  if (guilty !== undefined) return verdict('failed', failure(guilty));
  const unclear = believed.find((one) => one.final);
  if (unclear !== undefined && believed.length === troubles.length)
    return verdict('inconclusive', inconclusive(unclear));
  // What may be the release's own failure is looked at once more, even if that is a little late.
  const watched = findings.filter((one) => one.kind !== 'waiting');
  const open = watched.filter((one) => isOpen(one) && time.now < time.deadline + 2 * one.confirm);
  if (time.now >= time.deadline && open.length === 0) return ended(findings, following.length > 0);
  const suspicions = Object.fromEntries(watched.map(({ key }) => [key, memory.suspicions[key] ?? time.now]));
  const remember = { baseline, evidence, suspicions };
  const pending = watched.map(left).filter((milliseconds) => milliseconds > 0);
  const soon = pending.length > 0 ? Math.min(...pending) : null;
  return { kind: 'wait', words: wordsOf(findings), remember, soon };
}

function isOpen(one: Trouble | Settling): boolean {
  return one.kind === 'settling' || one.guilty === true;
}

function judgeCluster(facts: ClusterFacts, memory: Memory, past: Past): Finding[] {
  const { cluster, fault, workloads, missing } = facts;
  if (fault !== null) return [waiting('cluster', `The cluster ${cluster} can't be asked: ${fault.message}`)];
  const whole = missing.length === 0;
  const followers = counted(facts.followers, whole);
  if (!followers.some(({ applied, attempted }) => applied === 'ours' || attempted === 'ours'))
    return followers.flatMap((one) => judgeFollower(one, cluster, memory));

  const unhealthy = followers.filter(({ attempted, afterwards }) => attempted === 'ours' && afterwards);
  const running = workloads.flatMap((workload) => {
    const before = beforeOf(workload, cluster, memory, past);
    return judgeWorkload({ workload, cluster, before, givenUp: namedBy(unhealthy, workload) });
  });
  const wasRed = workloads.some((one) => beforeOf(one, cluster, memory, past) === 'unhealthy');
  const agents = followers.flatMap((one) => {
    // What fails only afterwards was applied: the unit's own workloads say the rest, as far as they say anything.
    const speaks = one.named ? running.length > 0 : whole && workloads.length > 0;
    if (unhealthy.includes(one) && speaks) return [];
    return judgeFollower(one, cluster, memory).map((found) => {
      const rests = found.kind === 'trouble' && wasRed && (one.kind !== 'kustomization' || one.afterwards);
      return rests ? { ...found, guilty: false } : found;
    });
  });
  return [...running, ...agents];
}

/** What an agent says that waited for this workload among others. */
function namedBy(followers: readonly FollowerFacts[], { name }: WorkloadFacts): Words | null {
  const [kind = '', path = ''] = name.split(' ');
  const [namespace = '', own = ''] = path.split('/');
  const object = { kind, namespace, name: own };
  return followers.find(({ failing }) => names(failing?.message ?? '', object))?.failing ?? null;
}

function delivered(clusters: readonly ClusterFacts[], past: Past): Judgement {
  if (past.sameVersion && clusters.some(({ followers }) => followers.some(({ byVersion }) => byVersion)))
    return verdict('inconclusive', {
      reason: 'ChartVersionSeen',
      message: 'The chart came again under the same version, and the agent looks at the version alone.',
      hint: 'Publish it under a new version.',
    });
  const where = clusters.map(({ cluster }) => cluster).join(', ');
  return verdict('delivered', { reason: 'Delivered', message: `It runs in ${where}.`, hint: '' });
}

function failure({ reason, message }: Trouble): Said {
  return { reason, message, hint: 'Correct what is said, and release a new version.' };
}

function ended(findings: readonly Finding[], followed: boolean): Judgement {
  if (!followed)
    return verdict('inconclusive', {
      reason: 'NothingFollows',
      message: 'No object of an agent in any cluster follows what the release changed.',
      hint: 'Look whether a Kustomization, a HelmRelease or an Application takes this path, and from this branch.',
    });
  const unclear = findings.find((one) => one.kind === 'trouble' && one.guilty !== true);
  if (unclear?.kind === 'trouble') return verdict('inconclusive', inconclusive(unclear));
  const waits = findings.filter((one) => one.kind === 'waiting');
  const others = waits.find(({ why }) => why === 'others');
  if (others !== undefined)
    return verdict('inconclusive', {
      reason: 'OthersFail',
      message: `What is not of this unit stands in its way: ${others.words}`,
      hint: 'See to what is named; the release needs nothing.',
    });
  const suspended = waits.find(({ why }) => why === 'suspended');
  if (suspended !== undefined)
    return verdict('inconclusive', {
      reason: 'AgentSuspended',
      message: suspended.words,
      hint: 'Resume it; the release is in Git, and is applied then.',
    });
  return verdict('timed-out', timedOut(wordsOf(findings)));
}

function wordsOf(findings: readonly Finding[]): string {
  const words = findings.map((one) => (one.kind === 'trouble' ? one.message : one.words));
  const shown = [...new Set(words)].slice(0, 5).join(' ');
  return shown === '' ? 'Nothing follows what the release changed.' : shown;
}

function verdict(outcome: Outcome, words: Said): Judgement {
  return { kind: 'verdict', verdict: outcome, ...words };
}
