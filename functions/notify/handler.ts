import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { loadNotifyEnvironment, notificationsOf } from '../../shared/config/notify.ts';
import { dynamoTable } from '../../shared/table/dynamo.ts';
import { observe } from '../../shared/telemetry/observe.ts';
import { eachMessage } from './batch.ts';
import { placeOf, topicChannel } from './channels/topic.ts';
import { type Deps, notify } from './notify.ts';

const { log, telemetry, handle } = observe('notify', process.env);
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
  telemetry,
};

const postpone = async (ReceiptHandle: string, VisibilityTimeout: number): Promise<void> => {
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));
};

export const handler = handle((event: SQSEvent) => eachMessage(event, (body) => notify(body, deps), postpone, log));
