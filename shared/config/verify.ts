import { type ClusterAddress, loadClusters } from './clusters.ts';
import { demand, type Environment, loadEnvironment, type Variables } from './load.ts';

/** What `verify` is told. */
export interface VerifyEnvironment extends Environment {
  readonly clusters: readonly ClusterAddress[];
  /** The url of the queue of its own messages. */
  readonly looksQueue: string;
  /** The name of the table of small state. */
  readonly table: string;
}

/** @throws Stalled EnvironmentIncomplete, EnvironmentInvalid */
export function loadVerifyEnvironment(env: Variables): VerifyEnvironment {
  demand(env, ['GITFERRY_LOOKS_QUEUE', 'GITFERRY_TABLE']);
  return {
    ...loadEnvironment(env),
    clusters: loadClusters(env),
    looksQueue: env.GITFERRY_LOOKS_QUEUE ?? '',
    table: env.GITFERRY_TABLE ?? '',
  };
}
