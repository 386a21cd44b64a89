import * as z from 'zod';
import { isDigest, isTag, parseImage } from '../image/image.ts';
import { bucket } from './bucket-schema.ts';
import { readDocument } from './document.ts';
import { type Finding, formatPath } from './fault.ts';
import { refuse } from './refuse.ts';
import { findingsOf } from './shape.ts';
import { readList, type Written } from './written.ts';

/** What a release file names, all of which lands together. */
export interface ReleaseFile {
  /** `digest`: `sha256:<hex>` of the object's bytes. */
  readonly objects: readonly { readonly bucket: string; readonly key: string; readonly digest: string }[];
  /** `image`: canonical; `digest`: of what the tag points to. */
  readonly images: readonly { readonly image: string; readonly tag: string; readonly digest: string }[];
}

const MOST = 1000;

const ABOUT = {
  reason: 'ReleaseFileInvalid',
  file: 'The release file is at fault,',
  hint: 'Correct the file and upload it again; docs/release-files.md has its keys.',
};

const objectSchema = z.strictObject({
  bucket: bucket().optional(),
  key: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[^\p{C}]*[^\p{C}/]$/u, { error: 'must be the key of an object.' }),
  sha256: z.string().regex(/^[0-9a-f]{64}$/u, { error: 'must be a SHA-256 in 64 small hex digits.' }),
});

const imageSchema = z.strictObject({
  image: z
    .string()
    .max(512)
    .refine((name) => parseImage(name) !== null, {
      error: 'must be the name of an image, like quay.io/acme/api:1.2.0.',
    }),
  tag: z.string().refine(isTag, { error: 'must be a tag, like 1.2.0.' }).optional(),
  digest: z.string().refine(isDigest, { error: 'must be a digest: sha256: and 64 small hex digits.' }).optional(),
});

const schema = z.strictObject({
  apiVersion: z.literal('gitferry.dev/v1'),
  kind: z.literal('Release'),
  objects: z.array(objectSchema).max(MOST).default([]),
  images: z.array(imageSchema).max(MOST).default([]),
});

type ObjectShape = z.output<typeof objectSchema>;
type ImageShape = z.output<typeof imageSchema>;

/**
 * Reads a release file; `bucket` is the one that it lies in, and that of objects which name none.
 * @throws Rejected ReleaseFileInvalid with `facts.faults` and `facts.count`, like a configuration's.
 */
export function readReleaseFile(bytes: Uint8Array, bucket: string): ReleaseFile {
  const document = readDocument(bytes);
  const result = schema.safeParse(document.value ?? {}, { reportInput: true });
  const shape = (result.error?.issues ?? []).flatMap((issue) => findingsOf(issue, new Set()));
  const refused = refuse(ABOUT, document, [...shape, ...checkMembers(document.value, bucket)]);
  if (refused !== null || !result.success) throw refused ?? new TypeError('An issue without a finding.');
  return {
    objects: result.data.objects.map((object) => objectOf(object, bucket)),
    images: result.data.images.map(imageOf),
  };
}

function objectOf({ bucket, key, sha256 }: ObjectShape, own: string): ReleaseFile['objects'][number] {
  return { bucket: bucket ?? own, key, digest: `sha256:${sha256}` };
}

function imageOf(written: ImageShape): ReleaseFile['images'][number] {
  const { image = '', tag, digest } = parseImage(written.image) ?? {};
  return { image, tag: tag ?? written.tag ?? '', digest: digest ?? written.digest ?? '' };
}

/** What members lack or repeat, as far as they can be read: a slip in one does not hide what is wrong with another. */
function checkMembers(value: unknown, own: string): readonly Finding[] {
  const objects = readList(value, 'objects', objectSchema);
  const images = readList(value, 'images', imageSchema);
  const count = objects.length + images.length;
  const all = (message: string): Finding => ({ path: [], at: 'value', reason: 'ValueInvalid', message });
  if (count === 0 && !isListed(value)) return [all('The file names neither objects nor images.')];
  return [
    ...images.flatMap(checkImage),
    ...checkRepeated([...objects.map((one) => namedObject(one, own)), ...images.map(namedImage)]),
    ...(count > MOST ? [all(`The file names more than ${MOST} objects and images.`)] : []),
  ];
}

/** Whether there are members, readable or not. */
function isListed(value: unknown): boolean {
  const { objects, images } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return [objects, images].some((list) => list !== undefined && !(Array.isArray(list) && list.length === 0));
}

/** Tag and digest may stand within the image's name or beside it: each once. */
function checkImage({ sound, keys, path }: Written<ImageShape>): readonly Finding[] {
  const name = sound.image === undefined ? null : parseImage(sound.image);
  if (name === null) return [];
  return (['tag', 'digest'] as const).flatMap((key): Finding[] => {
    const within = name[key] !== null;
    if (within !== keys.has(key)) return [];
    const where = formatPath(path);
    return within
      ? [{ path: [...path, key], at: 'key', reason: 'KeyContradicts', message: `${where} has a ${key} already.` }]
      : [{ path, at: 'value', reason: 'KeyMissing', message: `${where} has no ${key}: which is it?` }];
  });
}

interface Named {
  readonly path: Finding['path'];
  /** Null for what can't be read. */
  readonly called: string | null;
}

function namedObject({ sound: { bucket, key }, keys, path }: Written<ObjectShape>, own: string): Named {
  const sure = key !== undefined && (bucket !== undefined || !keys.has('bucket'));
  return { path, called: sure ? `s3://${bucket ?? own}/${key}` : null };
}

function namedImage({ sound, path }: Written<ImageShape>): Named {
  const name = sound.image === undefined ? null : parseImage(sound.image);
  const tag = name?.tag ?? sound.tag;
  return { path, called: name === null || tag === undefined ? null : `${name.image}:${tag}` };
}

function checkRepeated(members: readonly Named[]): readonly Finding[] {
  const seen = new Set<string>();
  return members.flatMap(({ path, called }): Finding[] => {
    if (called === null) return [];
    const message = `${formatPath(path)} names ${called} a second time.`;
    const again = seen.has(called);
    seen.add(called);
    return again ? [{ path, at: 'value', reason: 'NameTaken', message }] : [];
  });
}
