import * as z from 'zod';
import type { Change } from './change.ts';
import { imageChange, imageDigest, imageName, imageTag } from './image.ts';
import { needed } from './needed.ts';
import { beside, bucketName, objectChange, objectKey, time } from './object.ts';
import { liftChange, rollbackChange, verdictChange } from './verdict.ts';

const own = z.looseObject({ gitferry: z.literal('change') });

const object = z.object({
  kind: z.literal('object'),
  bucket: bucketName,
  key: objectKey,
  versionId: beside,
  etag: beside,
  publisher: beside,
  at: time,
  gone: z.enum(['deleted', 'expired']).optional(),
  missed: z.literal(true).optional(),
});
const image = z.object({
  kind: z.literal('image'),
  image: imageName,
  tag: imageTag.optional(),
  digest: imageDigest,
  publisher: beside,
  at: time,
  missed: z.literal(true).optional(),
});
const prefix = z.object({
  kind: z.literal('prefix'),
  bucket: bucketName,
  prefix: z.union([z.literal(''), objectKey]),
});
const config = z.object({ kind: z.literal('config') });
const change = z.discriminatedUnion('kind', [object, image, prefix, config, verdictChange, rollbackChange, liftChange]);

/** A change as gitferry sends it to itself, as one message's body. */
export function formatChange(sent: Change): string {
  return JSON.stringify({ gitferry: 'change', ...sent });
}

/** Reads what `formatChange` wrote; null for what it did not. @throws Rejected EventInvalid. */
export function fromOwn(value: unknown): Change | null {
  if (!own.safeParse(value).success) return null;
  const read = needed(change, value);
  if (read.kind === 'object') return objectChange(read);
  return read.kind === 'image' ? imageChange(read) : read;
}
