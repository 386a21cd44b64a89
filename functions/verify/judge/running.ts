import type { Before, Words, WorkloadFacts } from '../facts.ts';
import { isFirst, judgeCanary } from './canary.ts';
import { CONFIRM, type Finding, waiting } from './finding.ts';
import { guiltOf } from './health.ts';

/** A workload, and what is known of it beside what it says itself. */
export interface Judged {
  readonly workload: WorkloadFacts;
  readonly cluster: string;
  readonly before: Before;
  /** Its agent waited for it, and gave up. */
  readonly givenUp: Words | null;
}

/** Judges one workload of the unit: nothing when it runs what the release declares, and is there as a whole. */
export function judgeWorkload(judged: Judged): Finding[] {
  const { workload, cluster } = judged;
  const { name, canary, foreign } = workload;
  if (foreign !== null) return [waiting('rollout', `${name} in ${cluster} runs ${foreign}.`)];
  if (canary === null) {
    if (workload.complete) return workload.probed ? [] : [settling(workload, cluster)];
    const found = troubles(judged);
    return found.length > 0 ? found : [waiting('rollout', `${name} in ${cluster} is not rolled out.`)];
  }
  const found = judgeCanary(workload, canary, cluster);
  if (found.length === 0 || !isFirst(canary)) return found;
  const pods = [...workload.pods, ...(canary.primary?.pods ?? [])];
  return [...troubles({ ...judged, workload: { ...workload, pods } }), ...found];
}

/** What has no probe is ready as soon as it runs, and may end a moment later. */
function settling({ name, generation }: WorkloadFacts, cluster: string): Finding {
  const words = `${name} in ${cluster} has no readiness probe, and began only now.`;
  return { kind: 'settling', key: `${cluster} ${name} ${generation} runs`, words, confirm: CONFIRM };
}

/** As long as nobody has given up, a pod's reason counts only if it does not pass by waiting. */
function troubles({ workload, cluster, before, givenUp }: Judged): Finding[] {
  const { name, generation, pods } = workload;
  const stuck = workload.stuck ?? givenUp;
  const common = { kind: 'trouble', confirm: CONFIRM, guilty: guiltOf(before), final: stuck !== null } as const;
  const pod = pods.find(({ firm }) => firm) ?? (stuck === null ? undefined : pods[0]);
  const key = `${cluster} ${name} ${generation}`;
  if (pod !== undefined) {
    const words = pod.message === '' ? pod.reason : `${pod.reason}: ${pod.message}`;
    return [
      { ...common, key: `${key} pods`, reason: 'PodNotReady', message: `A pod of ${name} in ${cluster}: ${words}` },
    ];
  }
  if (stuck === null) return [];
  const message = `${name} in ${cluster}: ${stuck.reason}: ${stuck.message}`;
  return [{ ...common, key: `${key} rollout`, reason: 'RolloutFailed', message }];
}
