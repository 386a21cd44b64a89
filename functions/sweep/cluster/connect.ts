import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { connectClusters } from '../../../shared/config/clusters.ts';
import type { DriftEnvironment } from '../../../shared/config/drift.ts';
import { dynamoTable } from '../../../shared/table/dynamo.ts';
import { type ClusterDeps, sweepCluster } from './sweep.ts';

/** Looks at the cluster of that name; of one that is not named any more nothing is told. */
export type SweepNamed = (name: string, deps: Omit<ClusterDeps, 'table'>) => Promise<void>;

export function connectDrift(
  { clusters, table }: DriftEnvironment,
  secrets: SecretsManagerClient,
  remaining: () => number,
): SweepNamed {
  const eks = (region: string | null) => new EKSClient(region === null ? {} : { region });
  const connected = connectClusters(clusters, { secrets, eks, now: Date.now }, { rights: 'verify', remaining });
  const state = dynamoTable(new DynamoDBClient(), table);
  return async (name, deps) => {
    const cluster = connected.find((one) => one.name === name);
    if (cluster === undefined) deps.log('no such cluster', { cluster: name });
    else await sweepCluster(cluster, { ...deps, table: state });
  };
}
