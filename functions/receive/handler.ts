import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda';
import { sender } from '../../shared/change/send.ts';
import { loadReceiveEnvironment } from '../../shared/config/load.ts';
import { webhookSecrets } from '../../shared/config/webhooks.ts';
import { log } from '../../shared/notice/log.ts';
import { DOORS } from './doors.ts';
import { lookSender } from './look.ts';
import { receive } from './receive.ts';

/** Whoever sends a webhook does not wait long. */
const impatient = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
};

const environment = loadReceiveEnvironment(process.env);
const sqs = new SQSClient(impatient);
const deps = {
  doors: DOORS,
  secrets: webhookSecrets(environment, [...DOORS.keys()], new SecretsManagerClient(impatient), Date.now),
  send: sender(sqs, environment.changesQueue),
  look: lookSender(sqs, environment.looksQueue),
  log,
};

export const handler = middy<LambdaFunctionURLEvent, LambdaFunctionURLResult>().handler((event) =>
  receive(event, deps),
);
