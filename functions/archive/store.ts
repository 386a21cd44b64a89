import { createHash } from 'node:crypto';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Retryable, Stalled } from '../../shared/errors.ts';

/** Where copies go, from which nothing is ever read back. */
export interface Store {
  /**
   * Writes an object unless there is one under this key; answers whether there was none. Throws Stalled LedgerBucketMissing,
   * LedgerBucketDenied; Retryable LedgerBucketUnavailable.
   */
  add(key: string, body: Uint8Array): Promise<boolean>;
}

/** S3 asks to try again when two write the same key at once; by then one of them has. */
const CONFLICTS = 3;

export function s3Store(client: S3Client, bucket: string): Store {
  async function add(key: string, body: Uint8Array, conflicts: number): Promise<boolean> {
    const command = new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentType: 'application/json',
      // Under Object Lock S3 asks for the name as well.
      ChecksumAlgorithm: 'SHA256',
      ChecksumSHA256: createHash('sha256').update(body).digest('base64'),
      IfNoneMatch: '*',
    });
    try {
      await client.send(command);
      return true;
    } catch (error) {
      const { name = '', $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
      const status = $metadata?.httpStatusCode;
      if (status === 412) return false;
      if (status === 409 && conflicts < CONFLICTS) return add(key, body, conflicts + 1);
      throw faultOf(error, name, status, bucket);
    }
  }
  return { add: (key, body) => add(key, body, 0) };
}

function faultOf(cause: unknown, name: string, status: number | undefined, bucket: string): Stalled | Retryable {
  if (name === 'NoSuchBucket' || status === 404)
    return new Stalled('LedgerBucketMissing', `There is no bucket ${bucket}, so the ledger is copied no further.`, {
      hint: 'Create it with Object Lock, or deploy with another `ledger-bucket`.',
      cause,
    });
  if (name === 'AccessDenied' || status === 403)
    return new Stalled(
      'LedgerBucketDenied',
      `The bucket ${bucket} lets nothing be written, so the ledger is copied no further.`,
      {
        hint: 'Let the role of archive put objects there, in the policy of the bucket and in that of its key.',
        cause,
      },
    );
  return new Retryable('LedgerBucketUnavailable', `The bucket ${bucket} did not take a copy (${name || status}).`, {
    cause,
  });
}
