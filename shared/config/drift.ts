import { type ClusterAddress, loadClusters } from './clusters.ts';
import { demand, type Variables } from './load.ts';

/** What `sweep` is told of the clusters that it compares with Git. */
export interface DriftEnvironment {
  readonly clusters: readonly ClusterAddress[];
  /** The table's name; empty where there are no clusters. */
  readonly table: string;
}

/** @throws Stalled EnvironmentIncomplete, when there are clusters and no table; EnvironmentInvalid */
export function loadDriftEnvironment(env: Variables): DriftEnvironment {
  const clusters = loadClusters(env);
  if (clusters.length > 0) demand(env, ['GITFERRY_TABLE']);
  return { clusters, table: env.GITFERRY_TABLE ?? '' };
}
