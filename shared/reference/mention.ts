import { Buffer } from 'node:buffer';
import { partsOf } from '../image/image.ts';

const MARKER = '$imagepolicy';

/** What every way to write one of the images has in it: the end of its name. */
function ends(images: ReadonlySet<string>): readonly string[] {
  return [...new Set([...images].map((image) => image.slice(image.lastIndexOf('/') + 1)))];
}

/** Whether a word is there that does not go on as a longer name, as `api` does in `apiVersion`. */
function hasWord(find: (from: number) => number, after: (at: number) => number | undefined): boolean {
  for (let at = find(0); at !== -1; at = find(at + 1)) {
    const next = after(at);
    if (next === undefined || !/[\w./-]/u.test(String.fromCharCode(next))) return true;
  }
  return false;
}

/** Whether a text could name one of the images, or hold a marker: what is parsed at all. */
export function mentions(text: string, images: ReadonlySet<string>): boolean {
  const has = (word: string): boolean =>
    hasWord(
      (from) => text.indexOf(word, from),
      (at) => (at + word.length < text.length ? text.charCodeAt(at + word.length) : undefined),
    );
  return text.includes(MARKER) || ends(images).some(has);
}

/** Cheap look at a blob's bytes, without parsing: whether it could hold a marker, or a reference to one of the images. */
export function mayRefer(bytes: Uint8Array, images: ReadonlySet<string>): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const has = (word: string): boolean =>
    hasWord(
      (from) => buffer.indexOf(word, from),
      (at) => buffer[at + word.length],
    );
  return buffer.includes(MARKER) || ends(images).some(has);
}

/** Whether a text that can't be parsed holds a marker, or an image's repository: whether people should be told of it. */
export function namesOne(text: string, images: ReadonlySet<string>): boolean {
  const repositories = [...images].map((image) => partsOf(image).repository.replace(/^library\//u, ''));
  return [MARKER, ...repositories].some((word) => text.includes(word));
}
