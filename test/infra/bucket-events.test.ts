import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { type TestContext, test } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { NONE, startBucket } from './notifying-bucket.ts';

const { turnEventsOn } = createRequire(import.meta.url)('../../infra/deployment/bucket-events.cjs') as {
  turnEventsOn: (
    s3: S3Client,
    bucket: string,
    region: string,
  ) => Promise<{ said: readonly string[]; warnings: readonly string[] }>;
};

const ON = '<EventBridgeConfiguration';
const OTHERS =
  '<TopicConfiguration><Id>people</Id><Topic>arn:aws:sns:eu-west-1:123456789012:uploads</Topic>' +
  '<Event>s3:ObjectCreated:*</Event></TopicConfiguration>' +
  '<QueueConfiguration><Id>scan &amp; store</Id><Queue>arn:aws:sqs:eu-west-1:123456789012:scan</Queue>' +
  '<Event>s3:ObjectCreated:Put</Event><Event>s3:ObjectRemoved:*</Event><Filter><S3Key>' +
  '<FilterRule><Name>prefix</Name><Value>in/</Value></FilterRule>' +
  '<FilterRule><Name>suffix</Name><Value>.jpg</Value></FilterRule></S3Key></Filter></QueueConfiguration>' +
  '<CloudFunctionConfiguration><Id>thumb</Id><CloudFunction>arn:aws:lambda:eu-west-1:123456789012:function:t</CloudFunction>' +
  '<Event>s3:ObjectCreated:*</Event></CloudFunctionConfiguration>';
const withOthers = NONE.replace('></Notif', `>${OTHERS}</Notif`);

async function bucket(context: TestContext, ...[start]: Parameters<typeof startBucket>) {
  const server = await startBucket(start);
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const s3 = new S3Client({
    endpoint: server.url,
    region: 'eu-west-1',
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
  });
  context.after(() => {
    s3.destroy();
    server.close();
  });
  return { server, turnOn: () => turnEventsOn(s3, 'acme-releases', 'eu-west-1') };
}

const puts = (requests: readonly string[]) => requests.filter((request) => request.startsWith('PUT '));

test('a bucket that tells nobody tells EventBridge', async (context) => {
  const { server, turnOn } = await bucket(context);
  const { said, warnings } = await turnOn();
  assert.deepEqual(warnings, []);
  assert.match(said.join(), /^Bucket acme-releases tells EventBridge now, beside the 0 it told before\.$/u);
  assert.ok(server.notifications().includes(ON));
});

test('whom it told before it goes on to tell, with their ids and filters, and none of them is tried', async (context) => {
  const { server, turnOn } = await bucket(context, { notifications: withOthers });
  assert.match((await turnOn()).said.join(), /beside the 3 it told before/u);
  const now = server.notifications();
  assert.ok(now.includes(ON));
  // The order of elements is the client's.
  const parts = (xml: string) => [...xml.matchAll(/<(\w+)>([^<]+)<\/\1>/gu)].map(([whole]) => whole).sort();
  assert.deepEqual(parts(now), parts(withOthers));
  assert.equal(server.written()['x-amz-skip-destination-validation'], 'true');
});

test('a bucket that does so already is not written', async (context) => {
  const notifications = NONE.replace('></Notif', `>${OTHERS}${ON}/></Notif`);
  const { server, turnOn } = await bucket(context, { notifications });
  assert.match((await turnOn()).said.join(), /tells EventBridge already/u);
  assert.deepEqual(puts(server.requests), []);
});

test('who may not is told what it takes, and what its owner can run', async (context) => {
  for (const method of ['GET', 'PUT']) {
    const { server, turnOn } = await bucket(context, { refuse: { [method]: [403, 'AccessDenied'] } });
    const { said, warnings } = await turnOn();
    assert.deepEqual([said, server.notifications()], [[], NONE]);
    assert.match(
      warnings.join(),
      /s3:PutBucketNotification.*\n.*put-bucket-notification-configuration --bucket acme-r/su,
    );
  }
});

test('a bucket that is not there, and one that can’t be reached, are told apart', async (context) => {
  const missing = await bucket(context, { refuse: { GET: [404, 'NoSuchBucket'] } });
  assert.match((await missing.turnOn()).warnings.join(), /There is no bucket acme-releases/u);
  const down = await bucket(context, { refuse: { PUT: [500, 'InternalError'] } });
  assert.match((await down.turnOn()).warnings.join(), /can't be set \(InternalError\)/u);
});

test('what somebody else wrote over it at the same time is told', async (context) => {
  const meddles = [() => NONE, (now: string) => now.replace(/<CloudFunctionConf.*<\/CloudFunctionConfiguration>/u, '')];
  for (const meddle of meddles) {
    const { turnOn } = await bucket(context, { notifications: withOthers, meddle });
    const { said, warnings } = await turnOn();
    assert.deepEqual(said, []);
    assert.match(warnings.join(), /are not what was written/u);
  }
});

test('a bucket without versions is warned of', async (context) => {
  const { turnOn } = await bucket(context, { versioning: '<Status>Suspended</Status>' });
  assert.match((await turnOn()).warnings.join(), /^Bucket acme-releases keeps no versions/u);
});

test('a bucket in another region is warned of, since its events stay there', async (context) => {
  const { turnOn } = await bucket(context, { region: 'us-east-1' });
  assert.match((await turnOn()).warnings.join(), /^Bucket acme-releases stands in us-east-1 .*infra\/forward\.yml/u);
});
