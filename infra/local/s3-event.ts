import { randomBytes } from 'node:crypto';
import { ACCOUNT } from './definitions.ts';
import type { ObjectChange } from './endpoint.ts';
import { busEvent } from './event-bus.ts';
import type { BusEvent } from './pattern.ts';

/** "Object Created" or "Object Deleted" as S3 sends it to EventBridge for a bucket without versions. */
export function s3Event({ bucket, key, object, reason }: ObjectChange): BusEvent {
  // Grows with time, as S3's does.
  const sequencer =
    Date.now().toString(16).toUpperCase().padStart(16, '0') + randomBytes(2).toString('hex').toUpperCase();
  return busEvent({
    source: 'aws.s3',
    'detail-type': object === null ? 'Object Deleted' : 'Object Created',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, ...(object === null ? {} : { size: object.bytes.length, etag: object.etag }), sequencer },
      'request-id': randomBytes(8).toString('hex').toUpperCase(),
      requester: ACCOUNT,
      'source-ip-address': '127.0.0.1',
      reason,
      ...(object === null ? { 'deletion-type': 'Permanently Deleted' } : {}),
    },
  });
}
