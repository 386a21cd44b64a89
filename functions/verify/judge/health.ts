import type { Before, ClusterFacts, Facts, Memory, Past, WorkloadFacts } from '../facts.ts';

/**
 * Whether a workload was in order before the release: as it was seen then; else by what the cluster still shows of that
 * time; else by how the release before this one ended.
 */
export function beforeOf(workload: WorkloadFacts, cluster: string, memory: Memory, past: Past): Before {
  const baseline = memory.baseline[cluster];
  if (baseline !== undefined) {
    const seen = baseline.workloads[workload.name] ?? 'absent';
    if (seen !== 'unknown') return seen;
  }
  const evidence = memory.evidence[`${cluster} ${workload.name}`] ?? workload.before;
  if (evidence !== 'unknown') return evidence;
  return past.delivered ? 'healthy' : 'unknown';
}

/** What was there in order, or not at all, is failed by the release. */
export function guiltOf(before: Before): boolean | null {
  return before === 'unknown' ? null : before !== 'unhealthy';
}

/** The first that a cluster shows of the time before the release is nearest to it: what is seen later may be its own doing. */
export function withEvidence(memory: Memory, facts: Facts): Memory['evidence'] {
  const evidence = { ...memory.evidence };
  for (const { cluster, workloads } of facts.clusters)
    for (const { name, before } of workloads) {
      const key = `${cluster} ${name}`;
      if (before !== 'unknown' && evidence[key] === undefined) evidence[key] = before;
    }
  return evidence;
}

/** What is remembered of a cluster as long as no agent has begun with the release there; later it stays as it is. */
export function withBaseline(memory: Memory, facts: Facts): Memory['baseline'] {
  const baseline = { ...memory.baseline };
  for (const one of facts.clusters) {
    if (one.fault !== null || one.followers.length === 0 || one.followers.some(hasBegun)) continue;
    baseline[one.cluster] = {
      followers: Object.fromEntries(
        one.followers.flatMap(({ name, ready }) => (ready === null ? [] : [[name, ready]])),
      ),
      workloads: Object.fromEntries(one.workloads.map((workload) => [workload.name, stateOf(workload)])),
    };
  }
  return baseline;
}

/** Where it can't be told how far the agent is, it may have begun. */
function hasBegun({ applied, attempted }: ClusterFacts['followers'][number]): boolean {
  return applied !== 'before' || attempted !== 'before';
}

function stateOf({
  complete,
  available,
  stuck,
  pods,
  renewed,
  canary,
}: WorkloadFacts): 'healthy' | 'unhealthy' | 'unknown' {
  const serving = canary?.primary ?? null;
  if (serving !== null) return serving.available ? 'healthy' : 'unhealthy';
  // The agent may have begun between the look at it and the look at what it applies.
  if (renewed && !complete) return 'unknown';
  if (stuck !== null || pods.length > 0) return 'unhealthy';
  if (complete) return 'healthy';
  return available ? 'unknown' : 'unhealthy';
}
