import { setTimeout } from 'node:timers/promises';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { connect, connectImages, loadSigner } from '../../shared/config/connect.ts';
import type { Environment } from '../../shared/config/load.ts';
import { backoff } from '../../shared/git/backoff.ts';
import { newId } from '../../shared/ledger/id.ts';
import { eventBus } from '../../shared/notice/bus.ts';
import { s3Bucket } from '../../shared/source/bucket.ts';
import { s3Client } from '../../shared/source/s3-client.ts';
import type { Observed } from '../../shared/telemetry/observe.ts';
import type { Deps } from './deps.ts';
import { type Queue, sqsQueue } from './queue.ts';

/** The real collaborators, made once a process; `remaining` tells what is left of the invocation under way. */
export function wire(
  environment: Environment,
  remaining: () => number,
  { log, telemetry }: Pick<Observed, 'log' | 'telemetry'>,
): { readonly queue: Queue; readonly deps: Deps } {
  const secrets = new SecretsManagerClient();
  return {
    queue: sqsQueue(new SQSClient(), environment.changesQueue),
    deps: {
      ...environment,
      remote: connect(environment, secrets, remaining),
      bucket: s3Bucket(s3Client()),
      images: connectImages(environment, secrets, remaining),
      bus: eventBus(new EventBridgeClient(), environment.bus),
      signer: loadSigner(environment, secrets),
      budget: { units: 1000, bytes: 64 * 1024 * 1024 },
      now: () => new Date(),
      newId,
      remaining,
      pause: (milliseconds) => setTimeout(milliseconds).then(() => undefined),
      backoff: (attempt) => setTimeout(backoff(attempt + 1)).then(() => undefined),
      log,
      telemetry,
    },
  };
}
