import type { FollowerFacts, Memory } from '../facts.ts';
import { CONFIRM, type Finding, type Trouble, waiting } from './finding.ts';

/** Judges what one agent's object says: nothing when it has applied the release, or a descendant of it. */
export function judgeFollower(follower: FollowerFacts, cluster: string, memory: Memory): Finding[] {
  const { name, failing, attempted, revision } = follower;
  const where = `${name} in ${cluster}`;
  if (follower.applied === 'ours') return [];
  if (follower.suspended) return [waiting('suspended', `${where} is suspended.`)];
  if (failing === null || attempted !== 'ours')
    return [waiting('agent', `${where} is at ${revision || 'no revision'}.`)];
  const words = `${where} says ${failing.reason}: ${failing.message}`;
  if (!follower.named && !follower.alone) return [waiting('others', words)];
  return [trouble(follower, cluster, words, memory)];
}

/** What its agent says of a failure, as it is told. */
const REASONS: Readonly<Record<string, string>> = {
  HealthCheckFailed: 'HealthCheckFailed',
  BuildFailed: 'BuildFailed',
};

function trouble(follower: FollowerFacts, cluster: string, message: string, memory: Memory): Trouble {
  const { name, kind, failing, revision, alone } = follower;
  const seen = memory.baseline[cluster]?.followers[name];
  // Whatever was applied alone came on top of something that was in order.
  const guilty = alone ? true : (seen ?? null);
  const other = kind === 'helm-release' ? 'HelmReleaseFailed' : 'ApplyFailed';
  const reason = REASONS[failing?.reason ?? ''] ?? other;
  return {
    kind: 'trouble',
    key: `${cluster} ${name} ${revision}`,
    reason,
    message,
    confirm: CONFIRM,
    guilty,
    final: true,
  };
}

/**
 * The objects that count: those that hold anything of the unit, once all of it was found; until then all that may. What
 * can't be told to concern the unit counts only where nothing else does.
 */
export function counted(followers: readonly FollowerFacts[], whole: boolean): readonly FollowerFacts[] {
  const holding = followers.filter(({ holds }) => holds);
  if (whole && holding.length > 0) return holding;
  const certain = followers.filter((one) => one.certain || one.holds);
  return certain.length > 0 ? certain : followers;
}
