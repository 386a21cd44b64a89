import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { sender } from '../../shared/change/send.ts';
import { loadReceiveEnvironment } from '../../shared/config/load.ts';
import { webhookSecrets } from '../../shared/config/webhooks.ts';
import { observe } from '../../shared/telemetry/observe.ts';
import { DOORS } from './doors.ts';
import { lookSender } from './look.ts';
import { receive } from './receive.ts';

/** Whoever sends a webhook does not wait long. */
const impatient = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
};

const { log, telemetry, handle } = observe('receive', process.env);
const environment = loadReceiveEnvironment(process.env);
const sqs = new SQSClient(impatient);
const deps = {
  doors: DOORS,
  secrets: webhookSecrets(environment, [...DOORS.keys()], new SecretsManagerClient(impatient), Date.now),
  send: sender(sqs, ...environment.changesQueues),
  look: lookSender(sqs, ...environment.looksQueues),
  log,
  telemetry,
};

export const handler = handle((event: LambdaFunctionURLEvent) => receive(event, deps));
