import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Rejected, Retryable, Stalled } from '../errors.ts';

/** An object as its bucket has it now. */
export interface ObjectInfo {
  readonly key: string;
  readonly etag: string;
  /** Null in a bucket without versions, and where only a listing was asked. */
  readonly versionId: string | null;
  /** Bytes. */
  readonly size: number;
  /** ISO 8601. */
  readonly modified: string;
}

export interface ObjectContent extends ObjectInfo {
  readonly bytes: Uint8Array;
  /** What the uploader wrote beside it: claims, not facts. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Where CI drops things. Every method throws Retryable for an outage, and Stalled where the bucket is missing or the
 * function's role is too narrow.
 */
export interface Bucket {
  head(bucket: string, key: string): Promise<ObjectInfo | null>;
  /** Null when it is gone; throws Rejected ObjectTooLarge beyond `limit` bytes, without reading further. */
  get(bucket: string, key: string, limit: number): Promise<ObjectContent | null>;
  /** In the order of keys, beginning after `after`. */
  list(bucket: string, prefix: string, after?: string): AsyncIterable<ObjectInfo>;
  /** Writes a small JSON document; only ever below `gitferry-rejected/`. */
  put(bucket: string, key: string, body: string): Promise<void>;
  remove(bucket: string, key: string): Promise<void>;
  /** The prefixes below which objects expire by themselves; the empty prefix is the whole bucket. */
  expiring(bucket: string): Promise<readonly string[]>;
}

/** The refusal of an object beyond `limit` bytes. */
export function tooLarge(key: string, limit: number): Rejected {
  return new Rejected('ObjectTooLarge', `${key} is larger than ${limit} bytes.`, {
    hint: 'Make it smaller, or raise `limits.object` of its mirror.',
    facts: { key, limit },
  });
}

function unquote(etag: string | undefined): string {
  return (etag ?? '').replaceAll('"', '');
}

/** Turns what the SDK throws into what becomes of the work. Null: the object is not there. */
function classify(error: unknown, bucket: string): null {
  const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (name === 'NoSuchBucket')
    throw new Stalled('BucketMissing', `There is no bucket ${bucket}.`, {
      hint: 'Create it, or correct `bucket:` in gitferry.yaml.',
      cause: error,
    });
  if (name === 'NoSuchKey' || name === 'NotFound' || status === 404) return null;
  if (name === 'AccessDenied' || status === 403)
    throw new Stalled('BucketDenied', `Access to the bucket ${bucket} was denied.`, {
      hint: 'Deploy gitferry for this bucket (its parameter `bucket`), or correct the policy of the bucket or of its key.',
      cause: error,
    });
  throw new Retryable('BucketUnavailable', `The bucket ${bucket} did not answer as it should (${name || status}).`, {
    cause: error,
  });
}

async function readBounded(body: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function s3Bucket(client: S3Client): Bucket {
  async function* list(bucket: string, prefix: string, after?: string): AsyncIterable<ObjectInfo> {
    for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
      const page = await client
        .send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            ...(token === undefined ? { StartAfter: after } : { ContinuationToken: token }),
          }),
        )
        .catch((error: unknown) => classify(error, bucket));
      for (const { Key = '', ETag, Size = 0, LastModified } of page?.Contents ?? [])
        yield {
          key: Key,
          etag: unquote(ETag),
          versionId: null,
          size: Size,
          modified: (LastModified ?? new Date(0)).toISOString(),
        };
      token = page?.NextContinuationToken;
    }
  }

  return {
    list,

    async head(bucket, key) {
      const answer = await client
        .send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
        .catch((error: unknown) => classify(error, bucket));
      if (answer === null) return null;
      const { ETag, VersionId, ContentLength = 0, LastModified = new Date(0) } = answer;
      return {
        key,
        etag: unquote(ETag),
        versionId: VersionId ?? null,
        size: ContentLength,
        modified: LastModified.toISOString(),
      };
    },

    async get(bucket, key, limit) {
      const answer = await client
        .send(new GetObjectCommand({ Bucket: bucket, Key: key }))
        .catch((error: unknown) => classify(error, bucket));
      if (answer === null) return null;
      const { Body, ETag, VersionId, LastModified = new Date(0), Metadata = {} } = answer;
      const stream = Body instanceof Readable ? Body : Readable.from([]);
      const bytes = await readBounded(stream, limit).catch((error: unknown) => {
        throw new Retryable('BucketUnavailable', `Reading ${key} from ${bucket} broke off.`, { cause: error });
      });
      if (bytes === null) {
        stream.destroy();
        throw tooLarge(key, limit);
      }
      return {
        key,
        etag: unquote(ETag),
        versionId: VersionId ?? null,
        size: bytes.length,
        modified: LastModified.toISOString(),
        bytes,
        metadata: Metadata,
      };
    },

    async put(bucket, key, body) {
      await client
        .send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: 'application/json' }))
        .catch((error: unknown) => classify(error, bucket));
    },

    async remove(bucket, key) {
      await client
        .send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
        .catch((error: unknown) => classify(error, bucket));
    },

    async expiring(bucket) {
      const answer = await client
        .send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))
        .catch((error: unknown) => {
          const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
          // Stand-ins for S3 don't know lifecycles at all, which is the same as having none.
          if (name === 'NoSuchLifecycleConfiguration' || $metadata?.httpStatusCode === 501) return null;
          return classify(error, bucket);
        });
      return (answer?.Rules ?? [])
        .filter(({ Status, Expiration }) => Status === 'Enabled' && Expiration !== undefined)
        .map(({ Filter, Prefix }) => Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '');
    },
  };
}
