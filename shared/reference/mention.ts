import { Buffer } from 'node:buffer';
import { partsOf } from '../image/image.ts';

const MARKER = '$imagepolicy';

/** A marker, and what every way to write one of the images has in it. */
function words(images: ReadonlySet<string>): readonly string[] {
  return [MARKER, ...new Set([...images].map((image) => image.slice(image.lastIndexOf('/') + 1)))];
}

/** Whether a text could name one of the images, or hold a marker: what is parsed at all. */
export function mentions(text: string, images: ReadonlySet<string>): boolean {
  return words(images).some((word) => text.includes(word));
}

/** Cheap look at a blob's bytes, without parsing: whether it could hold a marker, or a reference to one of the images. */
export function mayRefer(bytes: Uint8Array, images: ReadonlySet<string>): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return words(images).some((word) => buffer.includes(word));
}

/** Whether a text that can't be parsed holds a marker, or an image's repository: whether people should be told of it. */
export function namesOne(text: string, images: ReadonlySet<string>): boolean {
  const repositories = [...images].map((image) => partsOf(image).repository.replace(/^library\//u, ''));
  return [MARKER, ...repositories].some((word) => text.includes(word));
}
