import type { gunzipSync, inflateRawSync } from 'node:zlib';
import { Rejected } from '../errors.ts';

/** Deflate reaches about 1030:1, which only emptiness does; what people write stays far below this. */
const MAX_RATIO = 200;
const SMALL = 1024 * 1024;

type Method = typeof inflateRawSync | typeof gunzipSync;

/** What Node returns when asked for `info`, which its types leave out. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

export function corrupt(sentence: string, cause?: unknown): Rejected {
  return new Rejected('ArchiveCorrupt', sentence, { hint: 'Pack and upload it again.', cause });
}

/**
 * Unpacks exactly one stream that fills `packed` to its last byte, into exactly the memory that it claims: the caller
 * has checked `size` against its limits, and a stream that gives more, or less, is refused.
 *
 * @param method of Node's zlib, by the stream's format
 * @throws Rejected `ArchiveTooDense`, `ArchiveCorrupt`
 */
export function inflate(method: Method, packed: Uint8Array, size: number): Uint8Array {
  if (size > SMALL && size > packed.length * MAX_RATIO) {
    throw new Rejected('ArchiveTooDense', `The archive would grow more than ${MAX_RATIO} times.`, {
      hint: 'This is how archives look that are made to exhaust memory.',
      facts: { packed: packed.length, unpacked: size },
    });
  }
  const { buffer, engine } = inflateWhole(method, packed, size);
  if (engine.bytesWritten !== packed.length) throw corrupt('The archive holds bytes behind the end of its data.');
  if (buffer.length !== size) throw corrupt('The archive unpacks to another size than it says.');
  return buffer;
}

function inflateWhole(method: Method, packed: Uint8Array, size: number): Inflated {
  // One chunk that is never quite filled: zlib then neither grows nor copies.
  const options = { info: true, maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size + 1) };
  try {
    return method(packed, options) as unknown as Inflated;
  } catch (cause) {
    throw corrupt('The archive is truncated, damaged, or larger than it says.', cause);
  }
}
