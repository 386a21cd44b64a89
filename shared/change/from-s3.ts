import * as z from 'zod';
import type { ObjectChange } from './change.ts';
import { needed } from './needed.ts';
import { beside, bucketName, objectChange, objectKey, time } from './object.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const eventBridge = z.looseObject({ source: z.literal('aws.s3'), 'detail-type': z.string() });
const eventBridgeObject = z.looseObject({
  time,
  detail: z.looseObject({
    bucket: z.looseObject({ name: bucketName }),
    object: z.looseObject({ key: objectKey, etag: beside, 'version-id': beside }),
    requester: beside,
    reason: z.string().optional().catch(undefined),
  }),
});

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html */
const record = z.looseObject({ eventSource: z.literal('aws:s3'), eventName: z.string() });
const recordObject = z.looseObject({
  eventTime: time,
  userIdentity: z.looseObject({ principalId: beside }).optional().catch(undefined),
  s3: z.looseObject({
    bucket: z.looseObject({ name: bucketName }),
    object: z.looseObject({ key: z.string().transform(decodeKey).pipe(objectKey), eTag: beside, versionId: beside }),
  }),
});
const GONE: Readonly<Record<string, ObjectChange['gone']>> = {
  ObjectRemoved: 'deleted',
  LifecycleExpiration: 'expired',
};
const testEvent = z.looseObject({ Event: z.literal('s3:TestEvent') });

/**
 * What an event of S3 says, as it comes from EventBridge, or as one record of a classic notification; nothing for
 * events that leave the content of objects as it was (tags, ACLs, restores, storage classes). Null for what S3 never sent.
 * @throws Rejected EventInvalid when a needed field is missing or wrong.
 */
export function fromS3(value: unknown): readonly ObjectChange[] | null {
  const event = eventBridge.safeParse(value);
  if (event.success) return fromEventBridge(value, event.data['detail-type']);
  const classic = record.safeParse(value);
  if (classic.success) return fromRecord(value, classic.data.eventName);
  return testEvent.safeParse(value).success ? [] : null;
}

function fromEventBridge(value: unknown, type: string): readonly ObjectChange[] {
  if (type !== 'Object Created' && type !== 'Object Deleted') return [];
  const { time: at, detail } = needed(eventBridgeObject, value);
  const reason = detail.reason === 'Lifecycle Expiration' ? 'expired' : 'deleted';
  const gone = type === 'Object Deleted' ? reason : undefined;
  const { key, etag, 'version-id': versionId } = detail.object;
  return [objectChange({ bucket: detail.bucket.name, key, versionId, etag, publisher: detail.requester, at, gone })];
}

function fromRecord(value: unknown, name: string): readonly ObjectChange[] {
  const [, type] = /^(?:s3:)?(ObjectCreated|ObjectRemoved|LifecycleExpiration):/u.exec(name) ?? [];
  if (type === undefined) return [];
  const { eventTime: at, userIdentity, s3 } = needed(recordObject, value);
  const gone = GONE[type];
  const { key, eTag: etag, versionId } = s3.object;
  return [
    objectChange({ bucket: s3.bucket.name, key, versionId, etag, publisher: userIdentity?.principalId, at, gone }),
  ];
}

/** Classic notifications carry keys as a form would: `+` is a space, `%2B` a plus. Decoded once. */
function decodeKey(encoded: string, context: z.core.$RefinementCtx<string>): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch {
    context.addIssue({ code: 'custom', message: 'is not URL-encoded', input: encoded });
    return z.NEVER;
  }
}
