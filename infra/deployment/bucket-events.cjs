// A bucket that was there before the deployment: its events are turned on beside the notifications that it has.
'use strict';
const { isDeepStrictEqual } = require('node:util');
const {
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  PutBucketNotificationConfigurationCommand,
} = require('@aws-sdk/client-s3');

const OTHERS = ['TopicConfigurations', 'QueueConfigurations', 'LambdaFunctionConfigurations'];

/**
 * Has a bucket tell EventBridge, and keeps whom it tells already. What is said is a sentence; `warnings` need a person.
 *
 * @param {import('@aws-sdk/client-s3').S3Client} s3
 * @param {string} bucket
 * @param {string} region of the deployment
 * @returns {Promise<{ said: string[], warnings: string[] }>}
 */
async function turnEventsOn(s3, bucket, region) {
  const outcome = await turnOn(s3, bucket).catch((error) => ({ warning: refusal(bucket, error) }));
  const others = [await regionWarning(s3, bucket, region), await versioningWarning(s3, bucket)];
  return {
    said: outcome.sentence === undefined ? [] : [outcome.sentence],
    warnings: [outcome.warning, ...others].filter((text) => text !== undefined),
  };
}

async function turnOn(s3, bucket) {
  const before = await read(s3, bucket);
  if (before.EventBridgeConfiguration !== undefined)
    return { sentence: `Bucket ${bucket} tells EventBridge already; nothing of it was changed.` };
  const others = Object.fromEntries(OTHERS.map((key) => [key, before[key]]));
  await s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket: bucket,
      NotificationConfiguration: { ...others, EventBridgeConfiguration: {} },
      // Whom the bucket tells already is not asked again whether they want to be told.
      SkipDestinationValidation: true,
    }),
  );
  const after = await read(s3, bucket);
  const kept = OTHERS.every((key) =>
    listed(before[key]).every((one) => listed(after[key]).some((now) => isDeepStrictEqual(one, now))),
  );
  if (after.EventBridgeConfiguration === undefined || !kept)
    return {
      warning:
        `The notifications of bucket ${bucket} are not what was written: somebody changed them at the same time. ` +
        'See who else sets them, and deploy again.',
    };
  const count = OTHERS.reduce((sum, key) => sum + listed(before[key]).length, 0);
  return { sentence: `Bucket ${bucket} tells EventBridge now, beside the ${count} it told before.` };
}

const read = (s3, bucket) => s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: bucket }));
const listed = (configurations) => configurations ?? [];

/** It adds to what is there when it runs, and writes nothing that it could not read. No answer stands for no notifications. */
const commandFor = (bucket) =>
  `before=$(aws s3api get-bucket-notification-configuration --bucket ${bucket}) && ` +
  `aws s3api put-bucket-notification-configuration --bucket ${bucket} --skip-destination-validation --notification-configuration ` +
  `"$(printf %s "$before" | jq -s '(.[0] // {}) + {EventBridgeConfiguration: {}}')"`;

function refusal(bucket, error) {
  const status = error.$metadata?.httpStatusCode;
  if (status === 404)
    return `There is no bucket ${bucket}. Create it, or deploy with create-bucket=true; then deploy again.`;
  if (status !== 403)
    return `The notifications of bucket ${bucket} can't be set (${error.name}). Deploy again to try again.`;
  return (
    `Bucket ${bucket} does not tell EventBridge, or these credentials may not see it: setting that takes ` +
    's3:GetBucketNotification and s3:PutBucketNotification. Until then the sweep finds uploads, within 15 minutes. ' +
    `Its owner can do it by one command:\n${commandFor(bucket)}`
  );
}

/** Events don't leave a region by themselves. */
async function regionWarning(s3, bucket, region) {
  // Whoever may not ask is not told.
  const { BucketRegion = region } = await s3.send(new HeadBucketCommand({ Bucket: bucket })).catch(() => ({}));
  if (BucketRegion === region) return undefined;
  return (
    `Bucket ${bucket} stands in ${BucketRegion} and tells EventBridge there: deploy infra/forward.yml there with Bucket=${bucket}, ` +
    'as docs/install.md has it. Until then the sweep finds uploads, within 15 minutes.'
  );
}

async function versioningWarning(s3, bucket) {
  // Whoever may not ask is not told.
  const { Status } = await s3
    .send(new GetBucketVersioningCommand({ Bucket: bucket }))
    .catch(() => ({ Status: 'Enabled' }));
  if (Status === 'Enabled') return undefined;
  return (
    `Bucket ${bucket} keeps no versions: a commit then can't name the very upload that it came from. ` +
    `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`
  );
}

module.exports = { commandFor, turnEventsOn };
