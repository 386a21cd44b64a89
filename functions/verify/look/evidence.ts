import type { KubeObject } from '../../../shared/agent/cluster.ts';
import { conditionOf } from '../../../shared/agent/field.ts';
import type { Pod } from '../../../shared/agent/pod.ts';
import type { Workload } from '../../../shared/agent/workload.ts';
import type { Before } from '../facts.ts';

/** What is made for a release may be so much older than its record: clocks differ. */
const SKEW = 5000;
/** Kubernetes tells when something was made by the second. */
const SECOND = 1000;

/**
 * What a workload shows of the time before the release landed: whether it was there; since when it has been available, or
 * has not; whether pods of its old template are Ready.
 */
export function beforeIn({ object, conditions }: Workload, pods: readonly Pod[], landedAt: number): Before {
  if (isMadeSince(object, landedAt) && !isChanged(object, landedAt)) return 'absent';
  const available = conditionOf(conditions, 'Available');
  const since = Date.parse(available?.lastTransitionTime ?? '');
  const old = pods.filter(({ current, going }) => current === false && !going);
  if (old.some(({ ready }) => ready)) return 'healthy';
  if (Number.isFinite(since)) {
    // What is otherwise now was the opposite then.
    if (available?.status === 'True') return since < landedAt ? 'healthy' : 'unhealthy';
    if (available?.status === 'False') return since < landedAt ? 'unhealthy' : 'healthy';
  }
  return old.length > 0 ? 'unhealthy' : 'unknown';
}

/**
 * Whether the pods of a workload's newest template were made since the release landed: then that template may be the
 * release's, whatever the agent said of itself a moment before.
 */
export function isRenewed(pods: readonly Pod[], landedAt: number): boolean {
  const newest = pods.filter(({ current, going }) => current !== false && !going);
  return newest.length > 0 && newest.every(({ object }) => madeAt(object) > landedAt - SECOND);
}

/** Whether an object was made for the release, as far as clocks agree: before it there was none. */
export function isMadeSince(object: KubeObject, landedAt: number): boolean {
  return madeAt(object) >= landedAt - SKEW;
}

/** Whether it may have been there all the same: made shortly before, as its cluster's clock has it, and changed since. */
function isChanged(object: KubeObject, landedAt: number): boolean {
  return madeAt(object) < landedAt - SECOND && (object.metadata.generation ?? 1) > 1;
}

function madeAt({ metadata }: KubeObject): number {
  return Date.parse(metadata.creationTimestamp ?? '');
}
