import { S3Client } from '@aws-sdk/client-s3';

/** Asks buckets in whatever region they stand: one that was there before the deployment may stand in another. */
export function s3Client(): S3Client {
  return new S3Client({ followRegionRedirects: true });
}
