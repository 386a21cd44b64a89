import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { connectClusters } from '../../../shared/config/clusters.ts';
import type { DriftEnvironment } from '../../../shared/config/drift.ts';
import { dynamoTable } from '../../../shared/table/dynamo.ts';
import { type ClusterDeps, sweepCluster } from './sweep.ts';

/** The clusters of a deployment, and the look at them. */
export interface Drift {
  readonly clusters: readonly string[];
  /** Looks at the cluster of that name; of one that is not named any more nothing is told. */
  look(name: string, deps: Omit<ClusterDeps, 'table'>): Promise<void>;
}

/** Nothing is connected before it is looked at. */
export function connectDrift(
  { clusters, table }: DriftEnvironment,
  secrets: SecretsManagerClient,
  remaining: () => number,
): Drift {
  const eks = (region: string | null) => new EKSClient(region === null ? {} : { region });
  const connected = connectClusters(clusters, { secrets, eks, now: Date.now }, { rights: 'verify', remaining });
  return {
    clusters: clusters.map(({ name }) => name),
    async look(name, deps) {
      const cluster = connected.find((one) => one.name === name);
      if (cluster === undefined) deps.log('no such cluster', { cluster: name });
      else await sweepCluster(cluster, { ...deps, table: dynamoTable(new DynamoDBClient(), table) });
    },
  };
}
