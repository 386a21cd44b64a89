import * as z from 'zod';
import { anyTag, imageAt, imageChange, imageDigest } from '../../../shared/change/image.ts';
import { needed } from '../../../shared/change/needed.ts';
import { noTag, notAnImage, notAPush } from '../../../shared/change/nothing.ts';
import { beside, time } from '../../../shared/change/object.ts';
import { type Door, readEach, type Told, wrong } from '../door.ts';

const envelope = z.looseObject({ events: z.array(z.unknown()) });
const action = z.looseObject({ action: z.string() });
const push = z.looseObject({
  timestamp: time,
  target: z.looseObject({
    mediaType: z.string().optional().catch(undefined),
    digest: imageDigest,
    repository: z.string().min(1),
    tag: anyTag,
  }),
  /** As whoever pushed wrote it, which is how images of this registry are named. */
  request: z.looseObject({ host: z.string().min(1) }),
  actor: z.looseObject({ name: beside }).optional().catch(undefined),
});

/** Manifests and indexes of both kinds; whatever else is pushed is a layer or a configuration. */
const MANIFEST = /manifest|image\.index/u;

/** One event of the registry of the CNCF project Distribution, whose form others have taken over. @throws Rejected EventInvalid. */
export function readEvent(event: unknown): Told {
  const { action: kind } = needed(action, event);
  if (kind !== 'push') return notAPush('registry', kind);
  const { timestamp: at, target, request, actor } = needed(push, event);
  const { mediaType = 'content of no type', digest, repository, tag } = target;
  const image = imageAt(request.host, repository);
  if (image === null) throw wrong('request.host with its target.repository', 'is no image');
  if (tag) return imageChange({ image, tag, digest, publisher: actor?.name, at });
  return MANIFEST.test(mediaType) ? noTag(image) : notAnImage(image, mediaType);
}

/** https://distribution.github.io/distribution/about/notifications/ */
export const distribution: Door = {
  proofs: [{ kind: 'authorization' }],
  types: ['application/vnd.docker.distribution.events.v1+json', 'application/vnd.docker.distribution.events.v2+json'],
  read: (event) => readEach(needed(envelope, event).events, readEvent),
};
