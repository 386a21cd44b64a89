import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { eventText } from '../change/fixture.ts';
import { gitferry } from './process.ts';
import { type RunningStack, startRunningStack } from './running-stack.ts';

const config = `mirrors:
  - {bucket: releases, prefix: charts/, chart: 'charts/{name}'}
  - {bucket: releases, prefix: config/, files: apps}
`;

let stack: RunningStack;
before(async () => {
  stack = await startRunningStack({ 'gitferry.yaml': config });
  await mkdir(join(stack.folder, 'deep/er'), { recursive: true });
  await writeFile(join(stack.folder, 'podinfo-6.14.1.tgz'), 'chart');
  await writeFile(join(stack.folder, 'app.yaml'), 'kind: A\n');
  await writeFile(join(stack.folder, 'deep/er/b.yaml'), 'kind: B\n');
  await writeFile(join(stack.folder, 'deep/a b.yaml'), 'kind: A\n');
});
after(() => stack.close());

async function keys(): Promise<readonly (string | undefined)[]> {
  const { Contents = [] } = await stack.s3.send(new ListObjectsV2Command({ Bucket: 'releases' }));
  return Contents.map(({ Key }) => Key);
}

test('without a key, gitferry.yaml says where a file goes', async () => {
  assert.equal(
    (await gitferry(stack.folder, 'put', 'podinfo-6.14.1.tgz')).out,
    's3://releases/charts/podinfo-6.14.1.tgz (5 bytes)\n',
  );
  assert.equal((await gitferry(stack.folder, 'put', 'app.yaml')).out, 's3://releases/config/app.yaml (8 bytes)\n');
  const { Body } = await stack.s3.send(new GetObjectCommand({ Bucket: 'releases', Key: 'config/app.yaml' }));
  assert.equal(await Body?.transformToString(), 'kind: A\n');
});

test('a folder goes with all that is below it, from a folder inside the project too', async () => {
  const { out, err } = await gitferry(join(stack.folder, 'deep'), 'put', '.');
  assert.equal(err, '');
  assert.equal(out, 's3://releases/config/a b.yaml (8 bytes)\ns3://releases/config/er/b.yaml (8 bytes)\n');
  await gitferry(stack.folder, 'put', 'deep', 'other/place/');
  const found = await keys();
  for (const key of ['config/a b.yaml', 'config/er/b.yaml', 'other/place/a b.yaml', 'other/place/er/b.yaml'])
    assert.ok(found.includes(key), key);
});

test('a key and metadata are taken as they are given', async () => {
  const args = ['put', 'app.yaml', 'some/key', '--metadata', 'build=17', '--metadata', 'source-commit=a=b'];
  assert.equal((await gitferry(stack.folder, ...args)).status, 0);
  const { Metadata } = await stack.s3.send(new GetObjectCommand({ Bucket: 'releases', Key: 'some/key' }));
  assert.deepEqual(Metadata, { build: '17', 'source-commit': 'a=b' });
});

test('a key that no mirror covers is uploaded with a warning', async () => {
  const { status, err } = await gitferry(stack.folder, 'put', 'app.yaml', 'nowhere/app.yaml');
  assert.equal(status, 0);
  assert.equal(err, 'warning: no mirror of gitferry.yaml covers this key, so nothing will come of it\n');
  assert.equal((await gitferry(stack.folder, 'put', 'app.yaml', 'config/named.yaml')).err, '');
});

test('another bucket needs a key', async () => {
  assert.equal((await gitferry(stack.folder, 'put', 'app.yaml', '--bucket', 'acme')).status, 2);
});

test('replay sends an event as it is, and says what it means', async () => {
  const body = eventText('notification-put');
  await writeFile(join(stack.folder, 'event.json'), body);
  assert.equal((await gitferry(stack.folder, 'replay', 'event.json')).out, 'sent: s3://mybucket/HappyFace.jpg\n');
  const { Messages = [] } = await stack.sqs.send(new ReceiveMessageCommand({ QueueUrl: stack.queue }));
  assert.deepEqual(
    Messages.map(({ Body }) => Body),
    [body],
  );
});

test('replay sends what will be rejected too', async () => {
  await writeFile(join(stack.folder, 'event.json'), '{"hello":"world"}');
  const { status, out } = await gitferry(stack.folder, 'replay', 'event.json');
  assert.equal(status, 0);
  assert.match(out, /^sent: it will be rejected \(EventUnknown: /u);
});
