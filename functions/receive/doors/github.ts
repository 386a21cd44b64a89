import * as z from 'zod';
import { anyTag, imageChange, imageDigest } from '../../../shared/change/image.ts';
import { needed } from '../../../shared/change/needed.ts';
import { noTag, notAnImage, notAPush } from '../../../shared/change/nothing.ts';
import { beside, time } from '../../../shared/change/object.ts';
import { type Door, type Header, readReference, type Told } from '../door.ts';

const action = z.looseObject({ action: z.string() });
const published = z.looseObject({
  package_type: z.string().optional().catch(undefined),
  registry: z.looseObject({ type: z.string() }).optional().catch(undefined),
  updated_at: time,
});
const container = z.looseObject({
  package_version: z.looseObject({
    /** `ghcr.io/<owner>/<name>:<tag>` in the owner's own spelling, the tag perhaps empty. */
    package_url: z.string(),
    /** Of a container its digest. */
    version: imageDigest,
    container_metadata: z.looseObject({
      tag: z.looseObject({ name: anyTag, digest: imageDigest }).nullish(),
    }),
  }),
});
const sender = z.looseObject({ sender: z.looseObject({ login: beside }) });

/** A tag that is moved is told as an update, or as published again. */
const ACTIONS: readonly string[] = ['published', 'updated'];

function read(event: unknown, header: Header): Told {
  const told = header('x-github-event') ?? '';
  if (told !== 'package' && told !== 'registry_package') return notAPush('github', told);
  const { action: done } = needed(action, event);
  if (!ACTIONS.includes(done)) return notAPush('github', done);
  const { [told]: content } = needed(z.looseObject({ [told]: z.unknown() }), event);
  const { registry, package_type: type = '', updated_at: at } = needed(published, content);
  const kind = registry?.type ?? type;
  if (kind.toLowerCase() !== 'container') return notAnImage('github', kind);
  const { package_version: version } = needed(container, content);
  const name = version.package_url.replace(/:[^/:]*$/u, '').toLowerCase();
  const { image } = readReference(name, 'package_version.package_url');
  const { name: tag, digest = version.version } = version.container_metadata.tag ?? {};
  const publisher = sender.safeParse(event).data?.sender.login;
  return tag ? imageChange({ image, tag, digest, publisher, at }) : noTag(image);
}

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#registry_package */
export const github: Door = {
  proofs: [{ kind: 'signature', header: 'x-hub-signature-256' }],
  headers: ['x-github-event'],
  read: (event, header) => [read(event, header)],
};
