import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { ListQueuesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { BUCKET, type Place, STACK, startPlace } from './deployment.ts';

/**
 * What moto leaves undone without a word. When it comes to do one of these, or leaves out another, a test fails until this says
 * so. `rules` asserts on the template what of it matters.
 */
const UNKNOWN_TO_MOTO = [
  'AWS::CloudWatch::Alarm',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Url',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::QueuePolicy',
];
const DROPPED_FROM_BUCKETS = ['notifications', 'public access block', 'versioning'];

const LEDGER = 'ledger-copy';

/** Runs a deed and tells how long it took. */
async function timed<T>(context: TestContext, what: string, deed: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const answer = await deed();
  context.diagnostic(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  return answer;
}

describe('serverless, against moto', () => {
  let place: Place;
  before(async () => {
    place = await startPlace({ 'gitferry.yaml': 'apiVersion: gitferry.dev/v1\n' });
  });
  after(() => place[Symbol.asyncDispose]());

  /** Logical and physical ids of what was made, sorted. */
  const made = async (): Promise<ReadonlyMap<string, string>> =>
    new Map(
      (await place.resources()).flatMap(({ LogicalResourceId = '', PhysicalResourceId = '' }) =>
        LogicalResourceId.trim() === '' ? [] : [[LogicalResourceId, PhysicalResourceId] as const],
      ),
    );

  /** Kinds of the template's resources that were not made; that a kind is there in part, only, fails. */
  async function missingKinds(): Promise<readonly string[]> {
    const { Resources } = await place.checkout.template();
    const ids = await made();
    const kinds = Map.groupBy(Object.entries(Resources), ([, { Type }]) => Type);
    return [...kinds].flatMap(([kind, resources]) => {
      const missing = resources.filter(([id]) => !ids.has(id)).map(([id]) => id);
      assert.ok(
        missing.length === 0 || missing.length === resources.length,
        `Only some of ${kind}: ${missing} are not there.`,
      );
      return missing.length > 0 ? [kind] : [];
    });
  }

  it('deploys', async (context) => {
    const said = await timed(context, 'deploy', () => place.deploy());
    assert.match(said, new RegExp(`deployed to stack ${STACK}`, 'u'));
  });

  it('has every resource of the template made but those of kinds that moto does not know', async () => {
    assert.deepEqual([...(await missingKinds())].sort(), UNKNOWN_TO_MOTO);
    const { Resources } = await place.checkout.template();
    const others = [...(await made()).keys()].filter((id) => !(id in Resources));
    assert.deepEqual(others, []);
  });

  it('knows what moto drops', async () => {
    const { s3, cloudFormation } = place.aws;
    const Bucket = BUCKET;
    const none = (): null => null;
    const settings = {
      encryption: await s3.send(new GetBucketEncryptionCommand({ Bucket })).catch(none),
      notifications: (await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket })))
        .EventBridgeConfiguration,
      'public access block': await s3.send(new GetPublicAccessBlockCommand({ Bucket })).catch(none),
      versioning: (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status,
    };
    assert.deepEqual(
      Object.entries(settings).flatMap(([name, value]) => (value ? [] : [name])),
      DROPPED_FROM_BUCKETS,
    );
    const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: STACK }));
    assert.deepEqual(Stacks[0]?.Outputs ?? [], []);
    await place.finishBuckets();
  });

  it('deploys a change, and keeps queues, buckets, the table and what is in flight', async (context) => {
    const before = await made();
    const { s3, sqs, dynamo } = place.aws;
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'web-1.0.0.tgz', Body: 'kept' }));
    for (const MessageBody of ['being read', 'waiting'])
      await sqs.send(new SendMessageCommand({ QueueUrl: place.queue('changes'), MessageBody }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: place.queue('changes') }));
    const waiting = await place.depth('changes');
    assert.equal(waiting[1], 1);
    await dynamo.send(new PutItemCommand({ TableName: STACK, Item: { id: { S: 'kept' } } }));

    await timed(context, 'deploy of a change', () =>
      place.deploy({
        branch: 'stable',
        clusters: 'eks:east',
        'ledger-bucket': LEDGER,
        tracing: 'active',
      }),
    );
    const { Resources } = await place.checkout.template();
    const HOLDS_DATA = ['AWS::S3::Bucket', 'AWS::SQS::Queue', 'AWS::DynamoDB::Table', 'AWS::Events::EventBus'];
    const kept = Object.entries(Resources).filter(([id, { Type }]) => before.has(id) && HOLDS_DATA.includes(Type));
    assert.ok(kept.length > 5);
    const after = await made();
    for (const [id] of kept) assert.equal(after.get(id), before.get(id), id);
    assert.deepEqual([...(await missingKinds())].sort(), UNKNOWN_TO_MOTO);

    assert.deepEqual(await place.depth('changes'), waiting);
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: BUCKET }));
    assert.deepEqual(
      Versions.map(({ Key }) => Key),
      ['web-1.0.0.tgz'],
    );
    const { Count } = await dynamo.send(new ScanCommand({ TableName: STACK }));
    assert.equal(Count, 1);
  });

  it('tells what there is', async (context) => {
    const said = await timed(context, 'info', () => place.checkout.serverless('info'));
    assert.match(said, new RegExp(`stack: ${STACK}`, 'u'));
  });

  it('removes all but what holds data, and says what that is', async (context) => {
    const said = await timed(context, 'remove', () => place.checkout.serverless('remove'));
    assert.match(said, new RegExp(`What holds data stays:[^]*${BUCKET}[^]*${LEDGER}`, 'u'));
    const { s3, sqs, cloudFormation } = place.aws;
    await assert.rejects(cloudFormation.send(new DescribeStacksCommand({ StackName: STACK })), /does not exist/u);
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    assert.deepEqual(QueueUrls, []);
    const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
    assert.deepEqual(
      Buckets.map(({ Name }) => Name),
      [BUCKET, LEDGER],
    );
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: BUCKET }));
    assert.equal(Versions.length, 1);
  });
});
