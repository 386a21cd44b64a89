import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setImmediate as immediate } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { startStack as start } from '../../infra/local/stack.ts';
import { BUCKET, startStack, type TestStack } from '../servers/stack.ts';

const ECHO = join(import.meta.dirname, 'echo');

interface Seen {
  readonly type: string;
  readonly bucket: { readonly name: string };
  readonly object: { readonly key: string; readonly size?: number; readonly etag?: string };
  readonly eventSourceARN: string;
}

/** The changes that the echoing function was given, in order. */
function seen(stack: TestStack): Seen[] {
  return stack.events
    .filter((event) => event['detail-type'] === 'Landed')
    .flatMap(({ detail }) => detail.changes as Seen[]);
}

const seenKeys = (stack: TestStack): string[] => seen(stack).map(({ type, object }) => `${type}: ${object.key}`);

describe('the embedded stack', () => {
  let stack: TestStack;
  before(async () => {
    stack = await startStack({ code: ECHO, watch: true });
  });
  after(() => stack.stop());

  it('hands an upload to mirror as Lambda would, and keeps it as a plain file', async () => {
    await stack.put('charts/a+b c/ü%2F.tgz', 'content');
    await stack.settled();
    const [change] = seen(stack);
    assert.equal(change?.type, 'Object Created');
    assert.equal(change.bucket.name, BUCKET);
    assert.equal(change.object.key, 'charts/a+b c/ü%2F.tgz');
    assert.equal(change.object.size, 7);
    assert.equal(change.object.etag, '9a0364b9e99bb480dd25e1f0284c8555');
    assert.equal(change.eventSourceARN, 'arn:aws:sqs:us-east-1:000000000000:gitferry-test-changes');
    assert.equal(await readFile(join(stack.bucketFolder, 'charts/a+b c/ü%2F.tgz'), 'utf8'), 'content');
  });

  it('gives a function the environment that is deployed', () => {
    const names = stack.events[0]?.detail.seen as string[];
    assert.ok(['GITFERRY_REPOSITORY', 'GITFERRY_BUS', 'GITFERRY_CHANGES_QUEUE'].every((name) => names.includes(name)));
  });

  it('tells of deletions, one by one or many at once, and only of what was there', async () => {
    await stack.put('config/one', '1');
    await stack.put('config/two', '2');
    await stack.remove('config/never');
    const Objects = [{ Key: 'config/one' }, { Key: 'config/two' }];
    await stack.s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
    await stack.settled();
    const told = seenKeys(stack).filter((key) => key.startsWith('Object Deleted'));
    assert.deepEqual(told.sort(), ['Object Deleted: config/one', 'Object Deleted: config/two']);
    await assert.rejects(stat(join(stack.bucketFolder, 'config')), { code: 'ENOENT' });
  });

  it('leaves out what the deployed rule leaves out', async () => {
    await stack.put('gitferry-rejected/charts/x.test.json', '{}');
    await stack.settled();
    assert.ok(!seenKeys(stack).some((key) => key.includes('gitferry-rejected/')));
  });

  it('takes a file that is copied into the folder as an upload, once, and an upload as no such file', async () => {
    const from = await mkdtemp(join(tmpdir(), 'gitferry-copy-'));
    await writeFile(join(from, 'by-hand.yaml'), 'a: 1\n');
    await rename(join(from, 'by-hand.yaml'), join(stack.bucketFolder, 'by-hand.yaml'));
    await rm(from, { recursive: true });
    const arrived = (): boolean => seenKeys(stack).includes('Object Created: by-hand.yaml');
    while (!arrived()) await stack.settled();
    const { Body } = await stack.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'by-hand.yaml' }));
    assert.equal(await Body?.transformToString(), 'a: 1\n');

    await rm(join(stack.bucketFolder, 'by-hand.yaml'));
    const gone = (): boolean => seenKeys(stack).includes('Object Deleted: by-hand.yaml');
    while (!gone()) await stack.settled();
    assert.deepEqual(seenKeys(stack), [...new Set(seenKeys(stack))], 'nothing was told twice');
  });

  it('hears from the log of a function what has nothing to do', async () => {
    await stack.put('charts/idle', 'x');
    const heard = () => stack.happenings.find(({ kind }) => kind === 'nothing');
    while (heard() === undefined) await immediate();
    assert.deepEqual(heard(), { kind: 'nothing', source: `s3://${BUCKET}/charts/idle`, why: 'told so' });
  });

  it('keeps an empty object', async () => {
    await stack.put('empty', Buffer.alloc(0));
    assert.equal((await stat(join(stack.bucketFolder, 'empty'))).size, 0);
  });

  it('takes an upload in parts, as large ones come', async () => {
    const { UploadId } = await stack.s3.send(new CreateMultipartUploadCommand({ Bucket: BUCKET, Key: 'parts' }));
    const about = { Bucket: BUCKET, Key: 'parts', UploadId };
    const { ETag } = await stack.s3.send(new UploadPartCommand({ ...about, PartNumber: 1, Body: 'in parts' }));
    await stack.s3.send(
      new CompleteMultipartUploadCommand({ ...about, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } }),
    );
    await stack.settled();
    assert.ok(seenKeys(stack).includes('Object Created: parts'));
    assert.equal(await readFile(join(stack.bucketFolder, 'parts'), 'utf8'), 'in parts');
  });

  it('refuses a key that no file can have', async () => {
    await assert.rejects(stack.put('charts//x', 'x'), {
      name: 'InvalidArgument',
      message: "charts//x can't be kept as a file: it is no path.",
    });
    const { KeyCount } = await stack.s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'charts//' }));
    assert.equal(KeyCount, 0);
  });

  it('runs sweep by its schedule, and again when sweep says that it continues', async () => {
    await stack.runSchedules();
    await stack.settled();
    const types = stack.events.map((event) => event['detail-type']).filter((type) => type !== 'Landed');
    assert.deepEqual(types, ['SweepContinues', 'Waiting']);
  });
});

describe('a function that fails', () => {
  let stack: TestStack;
  before(async () => {
    stack = await startStack({ code: ECHO });
  });
  after(() => stack.stop());

  const failures = (): string[] => stack.happenings.flatMap((one) => (one.kind === 'failed' ? [one.why] : []));
  for (const [key, why] of [
    ['fail', /reported/u],
    ['throw', /told to throw/u],
    ['exit', /process ended/u],
  ] as const)
    it(`is told: ${key}`, async () => {
      const before = failures().length;
      await stack.put(key, key);
      while (failures().length === before) await immediate();
      assert.match(failures()[before] ?? '', why);
    });

  it('goes on, and its messages wait to be tried again', async () => {
    await stack.put('good', 'good');
    while (!seenKeys(stack).includes('Object Created: good')) await immediate();
    await assert.rejects(stack.settled(300), /still on its way/u);
  });
});

describe('a second start', () => {
  it('finds the objects of the first, and tells of none of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gitferry-stack-'));
    const first = await startStack({ code: ECHO, folder });
    await first.put('charts/x', 'x');
    await first.settled();
    await first.stop();
    const modified = new Date('2021-03-04T05:06:07Z');
    await utimes(join(first.bucketFolder, 'charts/x'), modified, modified);
    const second = await startStack({ code: ECHO, folder });
    const { Contents = [] } = await second.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    assert.deepEqual(
      Contents.map(({ Key, LastModified }) => [Key, LastModified]),
      [['charts/x', modified]],
    );
    const { LastModified } = await second.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'charts/x' }));
    assert.deepEqual(LastModified, modified);
    await second.settled();
    assert.deepEqual(seen(second), []);
    await second.stop();
    await rm(folder, { recursive: true });
  });
});

it('the bucket leaves what was there when what replaces it can not be kept', async (test) => {
  const stack = await startStack({ code: ECHO });
  test.after(() => stack.stop());
  const about = { Bucket: BUCKET, Key: 'notes' };
  await stack.s3.send(new PutObjectCommand({ ...about, Body: 'first', Metadata: { build: '17' } }));
  // A folder in the place of its file is what no file can replace.
  await rename(join(stack.bucketFolder, 'notes'), join(stack.folder, 'aside'));
  await mkdir(join(stack.bucketFolder, 'notes/below'), { recursive: true });
  await assert.rejects(stack.put('notes', 'second'), { name: 'InvalidArgument' });
  const { Body, Metadata } = await stack.s3.send(new GetObjectCommand(about));
  assert.equal(await Body?.transformToString(), 'first');
  assert.deepEqual(Metadata, { build: '17' });
});

it('a stack is told only what a deployment may be told, and not something else instead', async () => {
  const folder = join(tmpdir(), 'gitferry-never-made');
  const about = {
    root: join(import.meta.dirname, '../..'),
    folder,
    bucketFolder: folder,
    bucket: BUCKET,
    watch: false,
  };
  const options = { ...about, deployment: 'local', port: 0, environment: {}, observe: () => {} };
  const told = { repository: 'http://git.example.org/fleet.git', branch: 'a..b' };
  await assert.rejects(start({ ...options, ...told }), /^Error: repository is not written .*\nbranch is not written /u);
});

it('a stack that can not start leaves nothing running', async () => {
  const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPServer')).length;
  await assert.rejects(startStack({ code: join(import.meta.dirname, 'nowhere') }), /nowhere/u);
  const after = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCPServer')).length;
  assert.equal(after, before);
});
