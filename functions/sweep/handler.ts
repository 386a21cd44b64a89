import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { sender } from '../../shared/change/send.ts';
import { connect, connectImages } from '../../shared/config/connect.ts';
import { loadDriftEnvironment } from '../../shared/config/drift.ts';
import { loadEnvironment } from '../../shared/config/load.ts';
import { eventBus } from '../../shared/notice/bus.ts';
import { s3Bucket } from '../../shared/source/bucket.ts';
import { s3Client } from '../../shared/source/s3-client.ts';
import { observe } from '../../shared/telemetry/observe.ts';
import { connectDrift } from './cluster/connect.ts';
import { clusterOf, cursorOf } from './cursor.ts';
import { sweep } from './sweep.ts';

const { log, telemetry, remaining, handle } = observe('sweep', process.env);
const environment = loadEnvironment(process.env);
const secrets = new SecretsManagerClient();
const bus = eventBus(new EventBridgeClient(), environment.bus);
const ask = sender(new SQSClient(), environment.changesQueue);
const remote = connect(environment, secrets, remaining);
const images = connectImages(environment, secrets, remaining);
const drift = connectDrift(loadDriftEnvironment(process.env), secrets, remaining);
const bucket = s3Bucket(s3Client());
const deps = { ...environment, remote, bus, now: () => new Date(), remaining, log, telemetry };
const all = { ...deps, bucket, images, ask, clusters: drift.clusters };

export const handler = handle(({ detail }: { readonly detail?: unknown }) => {
  const cluster = clusterOf(detail);
  return cluster === null ? sweep(cursorOf(detail), all) : drift.look(cluster, deps);
});
