import { isScalar, type Node, type Scalar } from 'yaml';
import { isDigest, parseImage } from '../image/image.ts';
import { type Fields, type Reader, stringOf } from './reader.ts';
import type { Reference, Value } from './reference.ts';
import type { Slot } from './slot.ts';

/** How a slot holds what is set: `pair` is a tag and a digest in one, `hex` a digest without its algorithm. */
export type Form = 'image' | 'name' | 'tag' | 'pair' | 'digest' | 'hex';

export interface Written {
  readonly slot: Slot;
  readonly form: Form;
}

/** What names an image, as far as its own fields tell. */
export interface Sketch extends Pick<Reference, 'value' | 'carries'> {
  /** Canonical. */
  readonly image: string;
  /** The key that it is called by, below its mapping's; empty where that says it all. */
  readonly key: string;
  readonly written: readonly Written[];
  /** All that it is read from: a marker on one of them speaks for the whole. */
  readonly nodes: readonly Scalar[];
  /** Why it can't be set, if it can't. */
  readonly obstacle: string | null;
}

type Found = Node | null | undefined;

/** What is filled in before Kubernetes reads it, and must stay for that. */
const FILLED_IN = /[{}$<>%]/u;

function slotFor(reader: Reader, node: Found): Slot | null {
  const slot = reader.slot(node);
  return slot === null || FILLED_IN.test(slot.text) ? null : slot;
}

function sketch(image: string, value: Value, nodes: readonly Found[], written: readonly (Written | null)[]): Sketch {
  const sound = written.filter((one) => one !== null);
  const forms = new Set(sound.map(({ form }) => form));
  const carries: (keyof Value)[] = [];
  if (['image', 'tag', 'pair'].some((form) => forms.has(form as Form))) carries.push('tag');
  if (['image', 'pair', 'digest', 'hex'].some((form) => forms.has(form as Form))) carries.push('digest');
  const obstacle = written.length === 0 ? 'has no tag beside it' : 'has a tag or digest that is no plain value';
  const isSound = written.length > 0 && sound.length === written.length;
  const told = isSound ? null : obstacle;
  return { image, key: '', value, carries, written: sound, nodes: nodes.filter(isScalar), obstacle: told };
}

/** An image in one scalar, tag and digest with it. */
export function whole(reader: Reader, node: Found): Sketch | null {
  if (stringOf(node) === '') return null;
  const slot = reader.slot(node);
  const name = parseImage(slot?.text ?? '');
  if (name === null) return null;
  const value = { name: name.written, tag: name.tag, digest: name.digest };
  return sketch(name.image, value, [node], [slot && { slot, form: 'image' }]);
}

/** An image whose name stands apart from its tag and digest, which are undefined where there is no such key. */
export function apart(reader: Reader, names: readonly Found[], tag: Found, digest: Found): Sketch | null {
  const name = parseImage(names.map(stringOf).filter(Boolean).join('/'));
  if (name === null || name.tag !== null || name.digest !== null) return null;
  const written: (Written | null)[] = [];
  let value: Value = { name: name.written, tag: null, digest: null };
  if (tag !== undefined) {
    const slot = slotFor(reader, tag);
    const [before = '', behind = null] = slot?.text.split('@') ?? [];
    const isPair = digest === undefined && behind !== null && isDigest(behind);
    value = { ...value, tag: (isPair ? before : slot?.text) || null, digest: isPair ? behind : null };
    written.push(slot && { slot, form: isPair ? 'pair' : 'tag' });
  }
  if (digest !== undefined) {
    const slot = slotFor(reader, digest);
    const isHex = /^[\da-f]{64}$/u.test(slot?.text ?? '');
    value = { ...value, digest: isHex ? `sha256:${slot?.text}` : slot?.text || null };
    written.push(slot && { slot, form: isHex ? 'hex' : 'digest' });
  }
  return sketch(name.image, value, [...names, tag, digest], written);
}

/** What a mapping is: a container of a pod, a part of a chart's values, or anything else. */
export type Role = 'container' | 'values' | 'other';

/**
 * What a mapping names: `repository` with `tag` or `digest` as in Helm's values, `image` with a tag in it or beside it.
 * Only a container's image surely means `latest` where it has neither; elsewhere the tag may be added to it by others.
 */
export function sketchesIn(reader: Reader, fields: Fields, role: Role): readonly Sketch[] {
  const { image, imageTag, registry, repository, tag, digest } = fields;
  const isRepository = repository !== undefined && (tag !== undefined || digest !== undefined || role === 'values');
  const byRepository = isRepository ? apart(reader, [registry, repository], tag, digest) : null;
  const besides = byRepository === null ? ([tag ?? imageTag, digest] as const) : ([imageTag, undefined] as const);
  const full = whole(reader, image);
  const isBare = full !== null && full.value.tag === null && full.value.digest === null;
  const isApart = isBare && (besides.some((node) => node !== undefined) || role !== 'container');
  const byImage = isApart ? apart(reader, [registry, image], ...besides) : full;
  return [byRepository, byImage && { ...byImage, key: 'image' }].filter((one) => one !== null);
}

/** What an entry of kustomize's `images` names; it is known by `name`, and named by `newName` if that is there. */
export function entrySketch(reader: Reader, { name, newName, newTag, digest }: Fields): Sketch | null {
  if (newName === undefined && newTag === undefined && digest === undefined) return null;
  return apart(reader, [stringOf(newName) === '' ? name : newName], newTag, digest);
}

/** What an operation of a JSON patch sets. */
export function patchSketch(reader: Reader, { op, path, value }: Fields): Sketch | null {
  if (stringOf(op) === '' || !stringOf(path).endsWith('/image')) return null;
  const role = /containers\/[^/]*\/image$/iu.test(stringOf(path)) ? 'container' : 'other';
  const [sketch] = sketchesIn(reader, { image: value ?? null }, role);
  return sketch === undefined ? null : { ...sketch, key: 'value' };
}
