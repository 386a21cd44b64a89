import { Readable } from 'node:stream';
import {
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type FerryError, Retryable, Stalled } from '../../shared/errors.ts';
import { unreadyFor } from '../report.ts';

/** A version of an object, or a marker that hides what is older. */
interface ListedVersion {
  readonly id: string;
  /** Bytes; null of a marker. */
  readonly size: number | null;
  readonly written: Date;
}

/** What there is under a key. */
export interface Listed {
  readonly key: string;
  /** The newest first; never none. */
  readonly versions: readonly ListedVersion[];
}

/** How Object Lock keeps a copy from being deleted. */
export interface Lock {
  readonly mode: string;
  readonly until: Date;
}

export interface Copy {
  readonly bytes: Uint8Array;
  /** Null where there is none. */
  readonly lock: Lock | null;
}

/** How a bucket keeps what it holds. */
export interface Keeping {
  readonly versioning: boolean;
  /** Of what will be added; null where Object Lock has no default. */
  readonly retention: { readonly mode: string; readonly days: number } | null;
}

/** The bucket of copies, read. Throws Stalled LedgerBucketMissing, LedgerBucketDenied; Retryable LedgerBucketUnavailable. */
export interface Copies {
  keeping(): Promise<Keeping>;
  /** In the order of keys. */
  list(prefix: string): AsyncIterable<Listed>;
  read(key: string, version: string): Promise<Copy>;
}

export function s3Copies(client: S3Client, bucket: string): Copies {
  const failed = (error: unknown): never => {
    // Then nobody asked the bucket.
    throw unreadyFor(error) === null ? faultOf(error, bucket) : error;
  };

  async function retention(): Promise<Keeping['retention']> {
    const command = new GetObjectLockConfigurationCommand({ Bucket: bucket });
    const answer = await client.send(command).catch((error: unknown) => {
      // The bucket has been asked before: it is this that there is not.
      const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
      return $metadata?.httpStatusCode === 404 ? null : failed(error);
    });
    const { Mode: mode, Days: days, Years: years } = answer?.ObjectLockConfiguration?.Rule?.DefaultRetention ?? {};
    return mode === undefined ? null : { mode, days: days ?? (years ?? 0) * 365 };
  }

  /** S3 leaves out of its answers what may not be seen: one question tells that from what is not there. */
  let seen: Promise<unknown> | undefined;
  const maySee = (about: { readonly Key: string; readonly VersionId: string }): Promise<unknown> =>
    client.send(new GetObjectRetentionCommand({ Bucket: bucket, ...about })).catch((error: unknown) => {
      const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
      return $metadata?.httpStatusCode === 403 ? failed(error) : null;
    });

  return {
    async keeping() {
      const versioning = await client.send(new GetBucketVersioningCommand({ Bucket: bucket })).catch(failed);
      return { versioning: versioning.Status === 'Enabled', retention: await retention() };
    },

    async *list(prefix) {
      let versions: ListedVersion[] = [];
      let open = '';
      for await (const { key, ...version } of versionsOf(client, bucket, prefix, failed)) {
        if (key !== open && versions.length > 0) {
          yield { key: open, versions };
          versions = [];
        }
        open = key;
        versions.push(version);
      }
      if (versions.length > 0) yield { key: open, versions };
    },

    async read(key, version) {
      const about = { Key: key, VersionId: version };
      const command = new GetObjectCommand({ Bucket: bucket, ...about });
      const { Body, ObjectLockMode: mode, ObjectLockRetainUntilDate: until } = await client.send(command).catch(failed);
      const bytes = Buffer.concat(await (Body instanceof Readable ? Body : Readable.from([])).toArray().catch(failed));
      if (mode !== undefined && until !== undefined) return { bytes, lock: { mode, until } };
      seen ??= maySee(about);
      await seen;
      return { bytes, lock: null };
    },
  };
}

/** The versions and markers of one key stand together, the newest first; S3 lists both kinds apart. */
async function* versionsOf(
  client: S3Client,
  bucket: string,
  prefix: string,
  failed: (error: unknown) => never,
): AsyncGenerator<ListedVersion & { readonly key: string }> {
  const about = { Bucket: bucket, Prefix: prefix };
  let command: ListObjectVersionsCommand | null = new ListObjectVersionsCommand(about);
  while (command !== null) {
    const page: ListObjectVersionsCommandOutput = await client.send(command).catch(failed);
    const versions = (page.Versions ?? []).map((one) => ({ ...one, size: one.Size ?? 0 }));
    const markers = (page.DeleteMarkers ?? []).map((one) => ({ ...one, size: null }));
    const entries = [...versions, ...markers].map(({ Key: key = '', VersionId: id = 'null', size, LastModified }) => {
      return { key, id, size, written: LastModified ?? new Date(0) };
    });
    // Within a key by time; of the same second the marker counts as the newer.
    entries.sort(
      (a, b) => compare(a.key, b.key) || +b.written - +a.written || Number(a.size !== null) - Number(b.size !== null),
    );
    yield* entries;
    const { IsTruncated, NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    command = IsTruncated ? new ListObjectVersionsCommand({ ...about, KeyMarker, VersionIdMarker }) : null;
  }
}

/** As S3 orders keys: by their bytes. */
function compare(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

function faultOf(cause: unknown, bucket: string): FerryError {
  const { name = '', $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  if (name === 'NoSuchBucket')
    return new Stalled('LedgerBucketMissing', `There is no bucket ${bucket}.`, {
      hint: 'Name the bucket that the deployment’s parameter `ledger-bucket` has.',
      cause,
    });
  if (name === 'AccessDenied' || status === 403)
    return new Stalled('LedgerBucketDenied', `The bucket ${bucket} can't be read with these credentials.`, {
      hint: 'They need s3:ListBucketVersions, s3:GetObjectVersion, s3:GetObjectRetention, s3:GetBucketVersioning, s3:GetBucketObjectLockConfiguration.',
      cause,
    });
  return new Retryable(
    'LedgerBucketUnavailable',
    `The bucket ${bucket} did not answer as it should (${name || status}).`,
    {
      cause,
    },
  );
}
