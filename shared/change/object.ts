import * as z from 'zod';
import type { ObjectChange } from './change.ts';

export const bucketName = z.string().regex(/^[A-Za-z0-9._-]{1,255}$/u, { error: 'is no name of a bucket' });

/** S3 allows 1,024 bytes; half a surrogate pair is no character that it could have stored. */
export const objectKey = z
  .string()
  .min(1)
  .refine((key) => Buffer.byteLength(key) <= 1024 && key.isWellFormed(), { error: 'is no key of an object' });

/** What a change carries beside its name helps and is not needed: when it is not as expected, it is left out. */
export const beside = z.string().min(1).max(1024).optional().catch(undefined);
export const time = z.iso.datetime({ offset: true }).optional().catch(undefined);

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

/** A change of one object, without the fields that are not known. */
export function objectChange(
  fields: Loose<Omit<ObjectChange, 'kind' | 'bucket' | 'key'>> & Pick<ObjectChange, 'bucket' | 'key'>,
): ObjectChange {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { kind: 'object', ...(Object.fromEntries(known) as Omit<ObjectChange, 'kind'>) };
}
