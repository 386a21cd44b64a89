import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { REGION } from './definitions.ts';
import type { Upload } from './examples.ts';
import type { Happening } from './happening.ts';
import type { Narrator } from './narrator.ts';
import { CREDENTIALS } from './queues.ts';
import { git } from './repository.ts';
import type { Stack } from './stack.ts';

export interface Demonstration {
  readonly stack: Stack;
  readonly bucket: string;
  readonly uploads: readonly Upload[];
  /** The bare repository on this machine. */
  readonly repository: string;
  readonly branch: string;
  readonly narrator: Narrator;
  /** All that happened since the start; it grows. */
  readonly happenings: readonly Happening[];
}

const REFUSALS = ['Rejected', 'Waiting', 'Stalled'];

/** Drops the examples into the bucket and shows what became of them. Answers whether all went well. */
export async function demonstrate(demonstration: Demonstration): Promise<boolean> {
  const { stack, bucket, uploads, repository, branch, narrator, happenings } = demonstration;
  const begun = happenings.length;
  const before = (await git(repository, ['rev-parse', branch])).trim();

  narrator.heading('The examples, dropped into the bucket through the S3 API');
  const s3 = new S3Client({ endpoint: stack.url, region: REGION, credentials: CREDENTIALS, forcePathStyle: true });
  for (const { key, bytes } of uploads) {
    // What lies under that key by now may be somebody's own.
    const there = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).catch(() => null);
    if (there === null) await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
  }
  s3.destroy();
  const settled = await stack.settled(60_000).catch((error: Error) => error);
  if (settled instanceof Error) narrator.text(settled.message);

  const commits = await git(repository, ['log', '--stat', `${before}..${branch}`]);
  const landed = await allLanded(demonstration);
  if (commits !== '') {
    narrator.heading('What that made of the main repository, newest first');
    for (const line of commits.trimEnd().split('\n')) narrator.text(line);
  } else if (landed) narrator.heading('They are there, and landed in an earlier run');

  const refused = happenings
    .slice(begun)
    .some((one) => one.kind === 'failed' || (one.kind === 'event' && REFUSALS.includes(one.event['detail-type'])));
  return !(settled instanceof Error) && !refused && landed;
}

/** Whether the branch's history names each upload as the source of a release. */
async function allLanded({ repository, branch, bucket, uploads }: Demonstration): Promise<boolean> {
  const format = '--format=%(trailers:key=Gitferry-Source,valueonly)';
  const sources = (await git(repository, ['log', format, branch])).split('\n').map((line) => line.split(' ')[0]);
  return uploads.every(({ key }) => sources.includes(`s3://${bucket}/${key}`));
}
