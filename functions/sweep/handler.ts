import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import { sender } from '../../shared/change/send.ts';
import { connect, connectImages } from '../../shared/config/connect.ts';
import { loadEnvironment } from '../../shared/config/load.ts';
import { eventBus } from '../../shared/notice/bus.ts';
import { log } from '../../shared/notice/log.ts';
import { s3Bucket } from '../../shared/source/bucket.ts';
import { cursorOf } from './cursor.ts';
import { sweep } from './sweep.ts';

const environment = loadEnvironment(process.env);
const bucket = s3Bucket(new S3Client());
const bus = eventBus(new EventBridgeClient(), environment.bus);
const ask = sender(new SQSClient(), environment.changesQueue);
let remaining = (): number => 0;
const secrets = new SecretsManagerClient();
const remote = connect(environment, secrets, () => remaining());
const images = connectImages(environment, secrets, () => remaining());

export const handler = middy<{ detail?: unknown }, void>().handler(async (event, context) => {
  remaining = () => context.getRemainingTimeInMillis();
  const now = (): Date => new Date();
  await sweep(cursorOf(event.detail), { ...environment, remote, bucket, images, bus, ask, now, remaining, log });
});
