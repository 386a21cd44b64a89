import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, PutImageCommand } from '@aws-sdk/client-ecr';
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  GetBucketNotificationConfigurationCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { ChangeMessageVisibilityCommand, PurgeQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { ACCOUNT, REGION } from '../../infra/local/definitions.ts';
import { minimalImage } from '../../infra/local/image-push.ts';
import { tgz } from '../artifact/tar-writer.ts';
import { eventText } from '../change/fixture.ts';
import { deployment } from '../faults/images.ts';
import { type ImageRegistry, imageRegistry } from '../servers/image-registry.ts';
import { CONFIG } from '../servers/stack.ts';
import { BUCKET, FURTHER, type Place, STACK, STAGE, startPlace, TOKEN, WEBHOOK_SECRET } from './deployment.ts';
import { type Running, startFunctions } from './running.ts';
import { bucketInUse, forwardFrom, OTHERS, peopleAt, TOPIC } from './surroundings.ts';

const ECR = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com`;

const LEDGER = 'ledger-copy';
/** How often a change is handed over before it is a dead letter: infra/limits.yml. */
const TRIES = 5;
const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const execute = promisify(execFile);

const chart = (version: string): Buffer =>
  tgz({ name: 'web/Chart.yaml', body: `apiVersion: v2\nname: web\nversion: ${version}\n` });

/** The texts of an invocation's messages, as JSON. */
const bodies = (event: unknown): readonly Readonly<Record<string, unknown>>[] =>
  (event as SQSEvent).Records.map(({ body }) => JSON.parse(body));

describe('the deployed functions, loaded as Lambda loads them, and what moto brings them', () => {
  let registry: ImageRegistry;
  let place: Place;
  let running: Running;
  let told: string;
  before(async () => {
    registry = await imageRegistry();
    const rules = `${CONFIG}images:
  - { image: "${ECR}/shop/api", policy: { semver: "*" }, files: ["shop/api.yaml"] }
  - { image: "${registry.host}/shop/web", policy: { semver: "*" }, files: ["shop/web.yaml"] }
`;
    place = await startPlace(
      {
        'gitferry.yaml': rules,
        'shop/api.yaml': deployment(`${ECR}/shop/api:0.9.0`),
        'shop/web.yaml': deployment(`${registry.host}/shop/web:0.9.0`),
      },
      { 'gitferry.yaml': CONFIG.replaceAll(BUCKET, FURTHER.bucket) },
    );
    told = await peopleAt(place);
    await bucketInUse(place);
    await place.deploy({
      'private-registries': registry.host,
      topic: TOPIC,
      'ledger-bucket': LEDGER,
    });
    await place.finishBuckets();
    running = await startFunctions(place);
  });
  after(async () => {
    await running?.[Symbol.asyncDispose]();
    await place?.[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  const put = (Key: string, Body: Buffer | string) =>
    place.aws.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  const read = (path: string): Promise<string> => place.git.repository.git('show', `main:${path}`);

  it('an upload becomes a commit, which is followed, nudged and told of', async () => {
    const [mirrored, looked, noticed] = [running.next('mirror'), running.next('verify'), running.next('notify')];
    await put('charts/web-1.0.0.tgz', chart('1.0.0'));
    // moto is a second opinion of what S3 says; the fixtures are AWS' own words.
    const [created] = bodies((await mirrored).event);
    assert.equal(created?.['detail-type'], 'Object Created');
    assert.match(await read('charts/web/Chart.yaml'), /version: 1\.0\.0/u);
    const [landed] = bodies((await looked).event);
    assert.equal(landed?.['detail-type'], 'Landed');
    assert.deepEqual(bodies((await noticed).event), [landed]);
    assert.equal(await running.invoke('nudge', landed), null);
  });

  it('an upload that is no chart is rejected beside it, people are told once, and the next version takes that back', async () => {
    const rejection = async (): Promise<string | null> => {
      const answer = await place.aws.s3.send(
        new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'gitferry-rejected/charts/web-1.1.0.tgz' }),
      );
      const latest = answer.Versions?.find(({ IsLatest }) => IsLatest)?.Key;
      if (latest === undefined) return null;
      const object = await place.aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: latest }));
      return (await object.Body?.transformToString()) ?? null;
    };
    const noticed = running.next('notify');
    await put('charts/web-1.1.0.tgz', 'no chart');
    await running.until('mirror', async () => (await rejection()) !== null);
    assert.match((await rejection()) ?? '', /"reason": "ArchiveMismatch"/u);
    const { event } = await noticed;
    assert.match((await messages(told))[0] ?? '', /charts\/web-1\.1\.0\.tgz/u);
    const { Items = [] } = await place.aws.dynamo.send(new ScanCommand({ TableName: STACK }));
    assert.ok(Items.length > 0);
    // The same event once more: the table knows that it was told.
    await running.invoke('notify', event);
    assert.deepEqual(await messages(told), []);

    await put('charts/web-1.1.0.tgz', chart('1.1.0'));
    await running.until('mirror', async () => /version: 1\.1\.0/u.test(await read('charts/web/Chart.yaml')));
    assert.equal(await rejection(), null);
    const { Versions = [] } = await place.aws.s3.send(
      new ListObjectVersionsCommand({ Bucket: BUCKET, Prefix: 'charts/web-1.1.0.tgz' }),
    );
    assert.equal(Versions.length, 2);
  });

  it('a push to ECR becomes a commit, told by the event that AWS documents', async () => {
    await place.aws.ecr.send(new CreateRepositoryCommand({ repositoryName: 'shop/api' }));
    const { top } = minimalImage({ repository: 'shop/api', content: '1.0.0' });
    const { image } = await place.aws.ecr.send(
      new PutImageCommand({
        repositoryName: 'shop/api',
        imageTag: '1.0.0',
        imageManifest: top.bytes.toString(),
        imageManifestMediaType: top.mediaType,
      }),
    );
    const digest = image?.imageId?.imageDigest;
    const { source, 'detail-type': type, detail } = JSON.parse(eventText('ecr-image-pushed'));
    const own = { 'repository-name': 'shop/api', 'image-tag': '1.0.0', 'image-digest': digest };
    const entry = { Source: source, DetailType: type, Detail: JSON.stringify({ ...detail, ...own }) };
    await place.aws.events.send(new PutEventsCommand({ Entries: [entry] }));
    await running.until('mirror', async () => !(await read('shop/api.yaml')).includes(':0.9.0'));
    assert.equal(`${await read('shop/api.yaml')}\n`, deployment(`${ECR}/shop/api:1.0.0@${digest}`));
  });

  it('a webhook, sent to the address of receive, becomes a commit', async () => {
    const digest = registry.push('shop/web', '1.0.0');
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const target = { mediaType, digest, repository: 'shop/web', tag: '1.0.0' };
    const pushed = { action: 'push', timestamp: '2026-01-01T00:00:00Z', target, request: { host: registry.host } };
    const address = await running.address('receive');
    const knock = (secret: string): Promise<Response> =>
      fetch(`${address}/distribution`, {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ events: [pushed] }),
      });
    assert.equal((await knock('another')).status, 401);
    assert.equal((await knock(WEBHOOK_SECRET)).status, 202);
    await running.until('mirror', async () => !(await read('shop/web.yaml')).includes(':0.9.0'));
    assert.equal(`${await read('shop/web.yaml')}\n`, deployment(`${registry.host}/shop/web:1.0.0@${digest}`));
  });

  it('the sweep asks for an upload that no event told of', async () => {
    await silently('config/quiet.yaml', 'a: 1\n');
    assert.equal(await running.invoke('sweep', SCHEDULED), null);
    await running.until('mirror', async () => (await place.git.repository.list()).has('apps/production/quiet.yaml'));
  });

  it('a further repository takes the uploads of its bucket, which goes on telling whom it told before', async () => {
    const notifications = await place.aws.s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket: FURTHER.bucket }),
    );
    assert.ok(notifications.EventBridgeConfiguration);
    assert.deepEqual(
      notifications.QueueConfigurations?.map(({ QueueArn }) => QueueArn),
      [OTHERS],
    );
    const others = `${place.moto.url}/${ACCOUNT}/others`;
    await place.aws.sqs.send(new PurgeQueueCommand({ QueueUrl: others }));
    const before = await place.git.repository.git('rev-parse', 'main');
    await place.aws.s3.send(new PutObjectCommand({ Bucket: FURTHER.bucket, Key: 'config/a.yaml', Body: 'a: 1\n' }));
    const further = place.further?.repository;
    await running.until('data-mirror', async () => (await further?.list())?.has('apps/production/a.yaml') ?? false);
    assert.equal(await place.git.repository.git('rev-parse', 'main'), before);
    // Encoded, unlike in what EventBridge is told.
    assert.match((await messages(others))[0] ?? '', /"key": "config%2Fa\.yaml"/u);
  });

  it('events of another region reach the deployment by the rules of infra/forward.yml', async () => {
    await silently('config/abroad.yaml', 'a: 1\n');
    const events = await forwardFrom('eu-west-1', place);
    const { source, 'detail-type': type, detail } = JSON.parse(eventText('eventbridge-object-created'));
    const own = { bucket: { name: BUCKET }, object: { ...detail.object, key: 'config/abroad.yaml' } };
    const entry = { Source: source, DetailType: type, Detail: JSON.stringify({ ...detail, ...own }) };
    const landed = async () => (await place.git.repository.list()).has('apps/production/abroad.yaml');
    assert.equal(await landed(), false);
    await events.send(new PutEventsCommand({ Entries: [entry] }));
    events.destroy();
    await running.until('mirror', landed);
  });

  it('the ledger is copied to its bucket, and a copy is never written over', async () => {
    const copies = async (): Promise<readonly (string | undefined)[]> => {
      const answer = await place.aws.s3.send(new ListObjectVersionsCommand({ Bucket: LEDGER }));
      return (answer.Versions ?? []).map(({ Key }) => Key);
    };
    assert.equal(await running.invoke('archive', SCHEDULED), null);
    const first = await copies();
    const ledger = `refs/heads/gitferry-ledger/${STAGE}/main`;
    const recorded = Number(await place.git.repository.git('rev-list', '--count', ledger));
    assert.equal(first.filter((key) => key?.startsWith(`${STAGE}/`)).length, recorded);
    // It forgets what it has copied, and copies all of it again.
    const { Items = [] } = await place.aws.dynamo.send(new ScanCommand({ TableName: STACK }));
    const cursors = Items.filter(({ id }) => id?.S?.startsWith('archive:'));
    assert.equal(cursors.length, 1);
    for (const { id } of cursors)
      if (id !== undefined) await place.aws.dynamo.send(new DeleteItemCommand({ TableName: STACK, Key: { id } }));
    assert.equal(await running.invoke('archive', SCHEDULED), null);
    assert.deepEqual(await copies(), first);
  });

  it('gitferry ledger verify finds no difference between the ledger and its copy', async () => {
    const about = ['--repository', place.git.url, '--branch', 'main', '--deployment', STAGE, '--bucket', LEDGER];
    await running.invoke('archive', SCHEDULED);
    assert.match(
      await gitferry('ledger', 'verify', ...about, '--region', REGION),
      /^(\d+) commits, \1 copies: the same\.$/mu,
    );
  });

  it('what Git refuses ends among the dead letters; gitferry redrive shows it, and moves it back', async () => {
    const hook = join(place.git.repository.dir, 'hooks/pre-receive');
    await writeFile(hook, '#!/bin/sh\necho not today\nexit 1\n', { mode: 0o755 });
    const tries = new Map<string, number>();
    {
      using _ = running.onFailures('mirror', async (event) => {
        for (const { messageId, receiptHandle } of (event as SQSEvent).Records) {
          tries.set(messageId, (tries.get(messageId) ?? 0) + 1);
          const message = { QueueUrl: place.queue('changes'), ReceiptHandle: receiptHandle };
          // What it was put off for is over at once.
          await place.aws.sqs.send(new ChangeMessageVisibilityCommand({ ...message, VisibilityTimeout: 0 }));
        }
      });
      await put('config/dead.yaml', 'a: 1\n');
      while (tries.size === 0 || (await depth('changes')) > 0) await delay(50);
    }
    assert.deepEqual([...new Set(tries.values())], [TRIES]);
    // The rules of the other region, which is the same here, told of it as well.
    const letters = await depth('changes-dead');
    assert.equal(letters, tries.size);
    const options = ['redrive', '--stage', STAGE, '--region', REGION, '--queue', 'changes'];
    assert.match(await gitferry(...options, '--dry-run'), /config\/dead\.yaml/u);
    await rm(hook);
    const landed = async () => (await place.git.repository.list()).has('apps/production/dead.yaml');
    assert.equal(await landed(), false);
    assert.match(await gitferry(...options, '--yes'), new RegExp(`\\b${letters} moved back`, 'u'));
    await running.until('mirror', landed);
  });

  /** Messages of a queue, those that are being read too. */
  async function depth(name: string): Promise<number> {
    const [waiting, read] = await place.depth(name);
    return waiting + read;
  }

  /** Puts an object that the bucket tells nobody of. */
  async function silently(key: string, body: string): Promise<void> {
    const tell = (NotificationConfiguration: object) =>
      place.aws.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: BUCKET, NotificationConfiguration }));
    await tell({});
    await put(key, body);
    await tell({ EventBridgeConfiguration: {} });
  }

  /** What the command line says. Throws with that when it fails. */
  async function gitferry(...args: readonly string[]): Promise<string> {
    const env = { ...process.env, ...place.environment, GITFERRY_GIT_TOKEN: TOKEN };
    return (await execute(process.execPath, [MAIN, ...args], { env })).stdout;
  }

  /** Messages of a queue that nobody was given yet. */
  async function messages(QueueUrl: string): Promise<readonly string[]> {
    const { Messages = [] } = await place.aws.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    return Messages.map(({ Body = '' }) => Body);
  }
});

/** As https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule-legacy.html has it. */
const SCHEDULED = {
  version: '0',
  id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
  'detail-type': 'Scheduled Event',
  source: 'aws.events',
  account: ACCOUNT,
  time: '2026-01-01T00:00:00Z',
  region: REGION,
  resources: [],
  detail: {},
};
