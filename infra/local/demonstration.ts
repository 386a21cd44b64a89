import { setTimeout as delay } from 'node:timers/promises';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { parseImage } from '../../shared/image/image.ts';
import { REGION } from './definitions.ts';
import type { Upload } from './examples.ts';
import type { Happening } from './happening.ts';
import { pushExample } from './images.ts';
import type { Narrator } from './narrator.ts';
import { CREDENTIALS } from './queues.ts';
import { git } from './repository.ts';
import type { Stack } from './stack.ts';

export interface Demonstration {
  readonly stack: Stack;
  readonly bucket: string;
  readonly uploads: readonly Upload[];
  /** Of images; null without one. */
  readonly registry: string | null;
  /** The bare repository on this machine. */
  readonly repository: string;
  readonly branch: string;
  readonly narrator: Narrator;
  /** All that happened since the start; it grows. */
  readonly happenings: readonly Happening[];
}

const REFUSALS = ['Rejected', 'Waiting', 'Stalled'];

/** Milliseconds within which a registry tells of a push. */
const PATIENCE = 10_000;

/** Drops the examples into the bucket, pushes an image, and shows what became of them. Answers whether all went well. */
export async function demonstrate(demonstration: Demonstration): Promise<boolean> {
  const { stack, registry, repository, branch, narrator, happenings } = demonstration;
  const begun = happenings.length;
  const before = (await git(repository, ['rev-parse', branch])).trim();

  narrator.heading('The examples, dropped into the bucket through the S3 API');
  if ((await upload(demonstration)) === 0) narrator.text('They are there already.');
  let settled = await settle(stack);
  if (registry !== null && settled === null) {
    narrator.heading(`An image, pushed to the registry ${registry}`);
    if (!(await push(registry, demonstration))) narrator.text('It is there already.');
    settled = await settle(stack);
  }
  if (settled !== null) narrator.text(settled.message);

  const commits = await git(repository, ['log', '--stat', `${before}..${branch}`]);
  const landed = await allLanded(demonstration);
  if (commits !== '') {
    narrator.heading('What that made of the main repository, newest first');
    for (const line of commits.trimEnd().split('\n')) narrator.text(line);
  } else if (landed) narrator.heading('All of it is there, and landed in an earlier run');

  const refused = happenings
    .slice(begun)
    .some((one) => one.kind === 'failed' || (one.kind === 'event' && REFUSALS.includes(one.event['detail-type'])));
  return settled === null && !refused && landed;
}

/** Answers how many were dropped. */
async function upload({ stack, bucket, uploads }: Demonstration): Promise<number> {
  let dropped = 0;
  const s3 = new S3Client({ endpoint: stack.url, region: REGION, credentials: CREDENTIALS, forcePathStyle: true });
  for (const { key, bytes } of uploads) {
    // What lies under that key by now may be somebody's own.
    const there = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch(() => null);
    if (there !== null) continue;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    dropped += 1;
  }
  s3.destroy();
  return dropped;
}

/** Pushes the image unless it is there, and waits until the registry has told of it. Answers whether it was pushed. */
async function push(registry: string, { happenings }: Demonstration): Promise<boolean> {
  const pushed = await pushExample(registry);
  if (pushed === null) return false;
  const told = (): boolean => happenings.some((one) => one.kind === 'pushed' && one.images.includes(pushed));
  for (const deadline = Date.now() + PATIENCE; !told() && Date.now() < deadline; ) await delay(20);
  return true;
}

async function settle(stack: Stack): Promise<Error | null> {
  return stack.settled(60_000).then(
    () => null,
    (error: Error) => error,
  );
}

/** Whether the branch's history names each upload, and an image of the registry, as the source of a release. */
async function allLanded({ repository, branch, bucket, uploads, registry }: Demonstration): Promise<boolean> {
  const format = '--format=%(trailers:key=Gitferry-Source,valueonly)';
  const sources = (await git(repository, ['log', format, branch])).split('\n').map((line) => line.split(' ')[0] ?? '');
  const image = registry === null || sources.some((source) => parseImage(source)?.image.startsWith(`${registry}/`));
  return image && uploads.every(({ key }) => sources.includes(`s3://${bucket}/${key}`));
}
