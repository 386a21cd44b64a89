import type { Pod } from '../../../shared/agent/pod.ts';
import type { PodWords } from '../facts.ts';

/** Reasons of a container that waiting does not mend, as the kubelet calls them. */
const FIRM: ReadonlySet<string> = new Set([
  ...['CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'ErrImageNeverPull', 'InvalidImageName'],
  ...['ImageInspectError', 'CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'],
  ...['ContainerCannotRun', 'StartError', 'DeadlineExceeded', 'Evicted'],
]);

/** What is told of one workload's pods. */
const MOST = 3;

/** What pods of the newest template say of why they are not Ready; where that can't be told, of any. */
export function wordsOfPods(pods: readonly Pod[]): PodWords[] {
  const bad = pods.filter(({ current, going, ready }) => current !== false && !going && !ready);
  return bad
    .slice(0, 50)
    .flatMap(wordsOf)
    .sort((a, b) => Number(b.firm) - Number(a.firm))
    .slice(0, MOST);
}

function wordsOf({ ref, troubles }: Pod): PodWords[] {
  const worst = troubles.find(({ reason }) => FIRM.has(reason)) ?? troubles[0];
  if (worst === undefined) return [];
  const all = troubles.map(({ reason, message }) => (message === '' ? reason : `${reason}: ${message}`));
  const message = `${ref.name}: ${[...new Set(all)].join('; ')}`.slice(0, 1500);
  return [{ reason: worst.reason, message, firm: FIRM.has(worst.reason) }];
}
