import type { CanaryFacts, WorkloadFacts } from '../facts.ts';
import { CONFIRM, type Finding, waiting } from './finding.ts';

/** Flagger is at work, or about to be. */
const BUSY: ReadonlySet<string> = new Set([
  ...['Initializing', 'Waiting', 'Progressing', 'WaitingPromotion', 'Promoting', 'Finalising', 'Terminating'],
]);

/**
 * Judges a workload that Flagger releases, by what its primary is told to run. The phase alone says nothing: it stays
 * Succeeded until Flagger has seen a new template, and Failed after the old one is back; times move with every tick.
 */
export function judgeCanary(workload: WorkloadFacts, canary: CanaryFacts, cluster: string): Finding[] {
  const { name, phase, primary, interval } = canary;
  if (primary?.promoted) {
    if (phase === null || BUSY.has(phase)) return [waiting('canary', `${name} is ${phase ?? 'not begun'}.`)];
    if (!primary.complete) return [waiting('rollout', `The primary of ${name} is not rolled out.`)];
    if (!canary.watched) return [];
    const key = `${cluster} ${name} ${canary.lastAppliedSpec ?? ''} ${phase}`;
    const words = `Flagger may not have seen yet what changed for ${name}.`;
    return [{ kind: 'settling', key, words, confirm: interval + CONFIRM }];
  }
  if (canary.suspended) return [waiting('suspended', `${name} is suspended.`)];
  if (phase === 'Failed' && primary !== null) {
    const key = `${cluster} ${name} ${workload.generation} ${canary.lastAppliedSpec ?? ''}`;
    const message = `${name} failed: ${canary.words}`;
    // The primary still runs what the release found: as it is now, so it was.
    const guilty = primary.available ? true : null;
    return [{ kind: 'trouble', key, reason: 'CanaryFailed', message, confirm: interval, guilty, final: true }];
  }
  const idle = phase === 'Succeeded' || phase === 'Initialized';
  const words = idle
    ? `${name} is ${phase}, but its primary runs something else.`
    : `${name} is ${phase ?? 'not begun'}.`;
  return [waiting('canary', words)];
}

/** Before Flagger has made a primary, the pods of a first deployment are the only ones to judge. */
export function isFirst({ primary, phase }: CanaryFacts): boolean {
  return primary === null || phase === null || phase === 'Initializing';
}
