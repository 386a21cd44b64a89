import * as z from 'zod';
import { imageChange } from '../../../shared/change/image.ts';
import { needed } from '../../../shared/change/needed.ts';
import { noTag, notAPush } from '../../../shared/change/nothing.ts';
import { type Door, readReference, readTag } from '../door.ts';

const notification = z.looseObject({
  docker_url: z.string(),
  /** Only a push has them. */
  updated_tags: z.array(z.string()).optional(),
});

/** https://docs.redhat.com/en/documentation/red_hat_quay/3.8/html/use_red_hat_quay/repository_notifications */
export const quay: Door = {
  proofs: [{ kind: 'path' }],
  read(event) {
    const { docker_url: url, updated_tags: tags } = needed(notification, event);
    const { image } = readReference(url, 'docker_url');
    if (tags === undefined) return [notAPush(image, 'a notification without updated_tags')];
    if (tags.length === 0) return [noTag(image)];
    return tags.map((tag) => imageChange({ image, tag: readTag(tag, 'updated_tags') }));
  },
};
