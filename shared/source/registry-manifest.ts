import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Rejected } from '../errors.ts';
import { isDigest } from '../image/image.ts';
import type { Manifest } from './images.ts';

/** Bytes; what the distribution specification has registries take at least. */
export const MANIFEST_LIMIT = 4 * 2 ** 20;

const MANIFESTS = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;
const INDEXES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;
const TYPES: readonly string[] = [...INDEXES, ...MANIFESTS];

/** An image for several architectures is asked for as the whole. */
export const MANIFEST_TYPES = TYPES.join(', ');

const Descriptor = z.object({ digest: z.string(), size: z.number() });
const Body = z.object({ schemaVersion: z.literal(2), mediaType: z.string().optional() });
const Image = Body.extend({ config: Descriptor, layers: z.array(Descriptor) });
const Index = Body.extend({ manifests: z.array(Descriptor) });

interface Served {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

/**
 * What a registry served for `asked`, a tag or a digest, of an image.
 * @throws Rejected ManifestDigestWrong, ManifestInvalid.
 */
export function readManifest(image: string, asked: string, { headers, body }: Served): Manifest {
  const name = `${image}${isDigest(asked) ? '@' : ':'}${asked}`;
  const invalid = (what: string, cause?: unknown): Rejected =>
    new Rejected('ManifestInvalid', `What the registry serves as ${name} ${what}.`, {
      hint: 'Push the image again, by a tool that writes OCI or Docker v2 manifests.',
      facts: { image, asked },
      cause,
    });
  if (body === null) throw invalid(`is larger than ${MANIFEST_LIMIT} bytes`);
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const told = headers['docker-content-digest'] ?? digest;
  const expected = isDigest(asked) ? asked : told;
  if (expected !== digest || told !== digest)
    throw new Rejected('ManifestDigestWrong', `What the registry serves as ${name} is not what it says it is.`, {
      hint: 'Look for a broken cache or proxy before the registry, or for somebody who changes what it serves.',
      facts: { image, asked, told: told.slice(0, 200), digest },
    });
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  return { digest, mediaType: mediaTypeOf(body, type, invalid), pushedAt: null };
}

function mediaTypeOf(body: Uint8Array, type: string, invalid: (what: string, cause?: unknown) => Rejected): string {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw invalid('is no JSON', cause);
  }
  const { data } = z.union([Image, Index]).safeParse(json);
  if (data === undefined) throw invalid('is neither a manifest nor an index');
  const usual = 'manifests' in data ? INDEXES : MANIFESTS;
  const known = TYPES.includes(type) ? type : null;
  const mediaType = data.mediaType ?? known ?? usual[0];
  if (!usual.some((one) => one === mediaType)) throw invalid('is of another kind than it says');
  if (known !== null && known !== mediaType) throw invalid('is of another kind than the registry says');
  return mediaType;
}
