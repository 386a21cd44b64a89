import * as z from 'zod';
import { imageChange, imageDigest } from '../../../shared/change/image.ts';
import { parseJson } from '../../../shared/change/json.ts';
import { needed } from '../../../shared/change/needed.ts';
import { noTag, notAPush } from '../../../shared/change/nothing.ts';
import { time } from '../../../shared/change/object.ts';
import { type Door, readReference, wrong } from '../door.ts';

/** What a push subscription of Pub/Sub sends: https://cloud.google.com/pubsub/docs/push */
const envelope = z.looseObject({ message: z.looseObject({}) });
const wrapped = z.looseObject({ message: z.looseObject({ data: z.base64(), publishTime: time }) });
const notification = z.looseObject({
  action: z.string(),
  /** `<host>/<repository>@sha256:…` */
  digest: z.string().optional().catch(undefined),
  /** `<host>/<repository>:<tag>` */
  tag: z.string().optional(),
});

/** https://cloud.google.com/artifact-registry/docs/configure-notifications */
export const artifactRegistry: Door = {
  proofs: [{ kind: 'path' }],
  read(event) {
    // A subscription may also be set to unwrap its messages.
    const message = envelope.safeParse(event).success ? needed(wrapped, event).message : null;
    const inside = message === null ? event : parseJson(Buffer.from(message.data, 'base64').toString());
    const { action, digest = '', tag: reference } = needed(notification, inside);
    if (action !== 'INSERT') return [notAPush('artifact-registry', action)];
    if (reference === undefined) return [noTag(digest.split('@')[0] || 'artifact-registry')];
    const { image, tag } = readReference(reference, 'tag');
    if (tag === null) throw wrong('tag', 'names no tag');
    const claimed = imageDigest.parse(digest.split('@')[1]);
    return [imageChange({ image, tag, digest: claimed, at: message?.publishTime })];
  },
};
