import * as z from 'zod';
import { anyTag, imageChange, imageDigest } from '../../../shared/change/image.ts';
import { needed } from '../../../shared/change/needed.ts';
import { noTag, notAnImage, notAPush } from '../../../shared/change/nothing.ts';
import { beside, time } from '../../../shared/change/object.ts';
import { parseImage } from '../../../shared/image/image.ts';
import { type Door, readEach, readReference, readTag, type Told, wrong } from '../door.ts';

const BATCH = 'application/cloudevents-batch+json';
const STRUCTURED = 'application/cloudevents+json';

/** What any sender can say, its own CI among them. */
const PUSHED = 'dev.gitferry.image.pushed.v1';
/** A CDEvent, with its version behind it: https://cdevents.dev/docs/artifacts/ */
const PUBLISHED = 'dev.cdevents.artifact.published.';

const event = z.looseObject({ type: z.string(), time, data: z.unknown() });
const pushed = z.looseObject({ image: z.string(), tag: anyTag, digest: imageDigest, publisher: beside });
const published = z.looseObject({ subject: z.looseObject({ id: z.string() }) });

function readEvent(value: unknown): Told {
  const { type, time: at, data } = needed(event, value);
  if (type.startsWith(PUBLISHED)) return readPublished(needed(published, data).subject.id, at);
  if (type !== PUSHED) return notAPush('cloudevents', type);
  const { image: name, tag: given, digest, publisher } = needed(pushed, data);
  const named = parseImage(name);
  if (named === null) throw wrong('data.image', 'is no image');
  const tag = given || named.tag;
  return tag ? imageChange({ image: named.image, tag, digest, publisher, at }) : noTag(named.image);
}

/** `pkg:oci/<name>@<digest>?repository_url=<host>/<repository>&tag=<tag>`: https://github.com/package-url/purl-spec */
function readPublished(purl: string, at: string | undefined): Told {
  const url = URL.parse(purl);
  if (url === null || url.protocol !== 'pkg:') throw wrong('data.subject.id', 'is no package URL');
  if (!url.pathname.startsWith('oci/')) return notAnImage('cloudevents', purl);
  const { image, tag } = readReference(
    url.searchParams.get('repository_url') ?? '',
    'repository_url in data.subject.id',
  );
  const wanted = url.searchParams.get('tag') ?? tag;
  if (wanted === null) return noTag(image);
  const [, version = ''] = url.pathname.split('@');
  const digest = imageDigest.parse(version.replace(/^sha256%3a/iu, 'sha256:'));
  return imageChange({ image, tag: readTag(wanted, 'tag in data.subject.id'), digest, at });
}

/** https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md */
export const cloudevents: Door = {
  proofs: [{ kind: 'authorization' }],
  types: [STRUCTURED, BATCH],
  read(value, header) {
    const type = header('content-type') ?? '';
    if (type.startsWith(BATCH)) return readEach(needed(z.array(z.unknown()), value), readEvent);
    if (type.startsWith(STRUCTURED)) return [readEvent(value)];
    // In binary mode the body is the data, and all else stands in headers.
    return [readEvent({ type: header('ce-type'), time: header('ce-time'), data: value })];
  },
};
