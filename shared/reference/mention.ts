import { Buffer } from 'node:buffer';

const MARKER = '$imagepolicy';

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
