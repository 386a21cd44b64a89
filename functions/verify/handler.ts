import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { sender } from '../../shared/change/send.ts';
import { connectClusters } from '../../shared/config/clusters.ts';
import { connect } from '../../shared/config/connect.ts';
import { loadVerifyEnvironment } from '../../shared/config/verify.ts';
import { dynamoTable } from '../../shared/table/dynamo.ts';
import { observe } from '../../shared/telemetry/observe.ts';
import { looksQueue } from './looks-queue.ts';
import { run } from './run.ts';

const { log, telemetry, remaining, handle } = observe('verify', process.env);
const environment = loadVerifyEnvironment(process.env);
const [sqs, secrets, now] = [new SQSClient(), new SecretsManagerClient(), Date.now];
const eks = (region: string | null) => new EKSClient(region === null ? {} : { region });
const options = { rights: 'verify', remaining } as const;
const clusters = connectClusters(environment.clusters, { secrets, eks, now }, options);
const remote = connect(environment, secrets, remaining);
const table = dynamoTable(new DynamoDBClient(), environment.table);
const [later, send] = [looksQueue(sqs, environment.looksQueue), sender(sqs, environment.changesQueue)];
const deps = { clusters, remote, table, later, send, now, log, telemetry };

export const handler = handle((event: SQSEvent) => run(event, deps));
