import { setTimeout } from 'node:timers/promises';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { connect, loadSigner } from '../../shared/config/connect.ts';
import { loadEnvironment } from '../../shared/config/load.ts';
import { backoff } from '../../shared/git/backoff.ts';
import { newId } from '../../shared/ledger/id.ts';
import { eventBus } from '../../shared/notice/bus.ts';
import { log } from '../../shared/notice/log.ts';
import { s3Bucket } from '../../shared/source/bucket.ts';
import { sqsQueue } from './queue.ts';
import { run } from './run.ts';

const environment = loadEnvironment(process.env);
const secrets = new SecretsManagerClient();
const queue = sqsQueue(new SQSClient(), environment.changesQueue);
const bucket = s3Bucket(new S3Client());
const bus = eventBus(new EventBridgeClient(), environment.bus);
let remaining = (): number => 0;
const remote = connect(environment, secrets, () => remaining());
const signer = loadSigner(environment, secrets);

export const handler = middy<SQSEvent, SQSBatchResponse>().handler(async (event, context) => {
  remaining = () => context.getRemainingTimeInMillis();
  return run(event, queue, {
    ...environment,
    remote,
    bucket,
    bus,
    signer,
    budget: { units: 1000, bytes: 64 * 1024 * 1024 },
    now: () => new Date(),
    newId,
    remaining: () => remaining(),
    backoff: (attempt) => setTimeout(backoff(attempt + 1)).then(() => undefined),
    log,
  });
});
