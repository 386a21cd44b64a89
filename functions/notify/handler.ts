import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { loadNotifyEnvironment, notificationsOf } from '../../shared/config/notify.ts';
import { log } from '../../shared/notice/log.ts';
import { dynamoTable } from '../../shared/table/dynamo.ts';
import { eachMessage } from './batch.ts';
import { placeOf, topicChannel } from './channels/topic.ts';
import { type Deps, notify } from './notify.ts';

const environment = loadNotifyEnvironment(process.env);
const { table, topic, followed, noticesQueue: QueueUrl } = environment;
const sqs = new SQSClient();
const deps: Deps = {
  topic: topic === null ? null : topicChannel(new SNSClient(placeOf(topic)), topic),
  notifications: notificationsOf(environment, new SecretsManagerClient(), Date.now),
  table: dynamoTable(new DynamoDBClient(), table),
  followed,
  now: () => new Date(),
  log,
};

export const handler = middy<SQSEvent, SQSBatchResponse>().handler((event) =>
  eachMessage(
    event,
    (body) => notify(body, deps),
    async (ReceiptHandle, VisibilityTimeout) => {
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
    },
    log,
  ),
);
