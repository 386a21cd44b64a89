import * as z from 'zod';
import { Rejected } from '../errors.ts';
import type { ImageChange } from './change.ts';
import { anyTag, imageAt, imageChange, imageDigest } from './image.ts';
import { needed } from './needed.ts';
import { type Nothing, noTag, notAPush } from './nothing.ts';
import { time } from './object.ts';

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
const event = z.looseObject({ source: z.literal('aws.ecr'), 'detail-type': z.string() });
const action = z.looseObject({
  account: z.string().regex(/^\d{12}$/u, { error: 'is no account' }),
  region: z.string().regex(/^[a-z]{2,6}(?:-[a-z]+)+-\d$/u, { error: 'is no region' }),
  time,
  detail: z.looseObject({
    'action-type': z.string(),
    result: z.string(),
    'repository-name': z.string().min(1),
    'image-tag': anyTag,
    'image-digest': imageDigest,
  }),
});

/** Where the partitions of AWS other than the first have their names, by how their regions begin. */
const SUFFIXES: readonly (readonly [region: string, suffix: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
];

/** What brings a tag to a registry, by the kind of event: a push, or a copy out of another region or account. */
const ARRIVALS: Readonly<Record<string, string>> = {
  'ECR Image Action': 'PUSH',
  'ECR Replication Action': 'REPLICATE',
};

/**
 * What an event of ECR says, as EventBridge sends it: a push with a tag is a change. Null for what ECR never sent.
 * @throws Rejected EventInvalid when a needed field is missing or wrong.
 */
export function fromEcr(value: unknown): ImageChange | Nothing | null {
  const { success, data } = event.safeParse(value);
  if (!success) return null;
  const arrival = ARRIVALS[data['detail-type']];
  if (arrival === undefined) return notAPush('ECR', data['detail-type']);
  const { account, region, time: at, detail } = needed(action, value);
  const { 'action-type': type, result, 'image-tag': tag, 'image-digest': digest } = detail;
  const image = imageAt(registryOf(account, region), detail['repository-name']);
  if (image === null)
    throw new Rejected('EventInvalid', "The event's detail.repository-name is no name of a repository.", {
      facts: { path: 'detail.repository-name' },
    });
  if (type !== arrival) return notAPush(image, type);
  if (result !== 'SUCCESS')
    return { kind: 'nothing', reason: 'PushFailed', source: image, why: 'The registry refused the push.' };
  return tag ? imageChange({ image, tag, digest, at }) : noTag(image);
}

function registryOf(account: string, region: string): string {
  const [, suffix = 'amazonaws.com'] = SUFFIXES.find(([start]) => region.startsWith(start)) ?? [];
  return `${account}.dkr.ecr.${region}.${suffix}`;
}
