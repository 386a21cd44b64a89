import { EKSClient } from '@aws-sdk/client-eks';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { connectClusters } from '../../shared/config/clusters.ts';
import { loadNudgeEnvironment, nudgeWays } from '../../shared/config/nudge.ts';
import { eventBus } from '../../shared/notice/bus.ts';
import { observe } from '../../shared/telemetry/observe.ts';
import { nudge } from './nudge.ts';

/** A cluster that is slow to be found must leave time for the others. */
const impatient = { maxAttempts: 2, requestHandler: { connectionTimeout: 2000, requestTimeout: 5000 } };

const { log, telemetry, remaining, handle } = observe('nudge', process.env);
const environment = loadNudgeEnvironment(process.env);
const secrets = new SecretsManagerClient(impatient);
const eks = (region: string | null) => new EKSClient({ ...impatient, ...(region === null ? {} : { region }) });
const options = { rights: 'nudge', remaining } as const;
const clusters = connectClusters(environment.clusters, { secrets, eks, now: Date.now }, options);
const ways = nudgeWays(environment, secrets);
const bus = eventBus(new EventBridgeClient(impatient), environment.bus);

const deps = { ...environment, clusters, ways, bus, now: () => new Date(), remaining, log, telemetry };

export const handler = handle((event: unknown) => nudge(event, deps));
