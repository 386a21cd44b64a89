import * as z from 'zod';
import { imageChange, imageDigest } from '../../../shared/change/image.ts';
import { needed } from '../../../shared/change/needed.ts';
import { noTag, notAPush } from '../../../shared/change/nothing.ts';
import { beside, time } from '../../../shared/change/object.ts';
import { type Door, readEach, readReference, timeOf, wrong } from '../door.ts';

const event = z.looseObject({
  type: z.string(),
  operator: beside,
  occur_at: z.number().optional().catch(undefined),
  time,
});
const resources = z.looseObject({ resources: z.array(z.unknown()) }).optional();
/** The format "Default" has `event_data` and `occur_at`, "CloudEvents" has `data` and `time`. */
const push = z.looseObject({ event_data: resources, data: resources });
const resource = z.looseObject({ resource_url: z.string(), digest: imageDigest });

const PUSHES: readonly string[] = ['PUSH_ARTIFACT', 'harbor.artifact.pushed'];

/** https://goharbor.io/docs/main/working-with-projects/project-configuration/configure-webhooks/ */
export const harbor: Door = {
  proofs: [{ kind: 'authorization' }],
  types: ['application/cloudevents+json'],
  read(value) {
    const { type, operator: publisher, occur_at: occurred, time: told } = needed(event, value);
    if (!PUSHES.includes(type)) return [notAPush('harbor', type)];
    const at = told ?? timeOf(occurred);
    const { event_data: first, data: found = first } = needed(push, value);
    if (found === undefined) throw wrong('event_data', 'is missing');
    return readEach(found.resources, (one) => {
      const { resource_url: url, digest } = needed(resource, one);
      const { image, tag } = readReference(url, 'resource_url');
      return tag === null ? noTag(image) : imageChange({ image, tag, digest, publisher, at });
    });
  },
};
