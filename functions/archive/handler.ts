import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { loadArchiveEnvironment } from '../../shared/config/archive.ts';
import { connect } from '../../shared/config/connect.ts';
import { eventBus } from '../../shared/notice/bus.ts';
import { s3Client } from '../../shared/source/s3-client.ts';
import { dynamoTable } from '../../shared/table/dynamo.ts';
import { observe } from '../../shared/telemetry/observe.ts';
import { archive } from './archive.ts';
import { s3Store } from './store.ts';

const { log, remaining, handle } = observe('archive', process.env);
const environment = loadArchiveEnvironment(process.env);
const { ledgerBucket: bucket } = environment;
const remote = connect(environment, new SecretsManagerClient(), remaining);
const bus = eventBus(new EventBridgeClient(), environment.bus);
const table = dynamoTable(new DynamoDBClient(), environment.table);
const store = s3Store(s3Client(), bucket);
const deps = { ...environment, remote, store, bucket, table, bus, now: () => new Date(), remaining, log };

/** What an event says does not matter: the ledger says what is to be copied. */
export const handler = handle(() => archive(deps));
