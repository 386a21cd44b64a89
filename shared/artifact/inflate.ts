import { crc32, inflateRawSync } from 'node:zlib';
import { Rejected } from '../errors.ts';

/** What an archive says of a deflated stream: its size in bytes and its CRC-32, unpacked. */
export interface Claim {
  readonly size: number;
  readonly crc32: number;
}

/** Deflate reaches about 1030:1, which only emptiness does; what people write stays far below this. */
const MAX_RATIO = 200;
const SMALL = 1024 * 1024;

/** What Node returns when asked for `info`, which its types leave out. */
interface Inflated {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

export function corrupt(sentence: string, cause?: unknown): Rejected {
  return new Rejected('ArchiveCorrupt', sentence, { hint: 'Pack and upload it again.', cause });
}

/**
 * Unpacks exactly one deflate stream (RFC 1951) that fills `packed` to its last byte, into exactly the memory that it
 * claims: the caller has checked the claim against its limits, and a stream that gives more, or less, is refused.
 *
 * @throws Rejected `ArchiveTooDense`, `ArchiveCorrupt`
 */
export function inflate(packed: Uint8Array, claim: Claim): Uint8Array {
  if (claim.size > SMALL && claim.size > packed.length * MAX_RATIO) {
    throw new Rejected('ArchiveTooDense', `The archive would grow more than ${MAX_RATIO} times.`, {
      hint: 'This is how archives look that are made to exhaust memory.',
      facts: { packed: packed.length, unpacked: claim.size },
    });
  }
  const { buffer, engine } = inflateWhole(packed, claim.size);
  if (engine.bytesWritten !== packed.length) throw corrupt('The archive holds bytes behind the end of its data.');
  if (buffer.length !== claim.size) throw corrupt('The archive unpacks to another size than it says.');
  if (crc32(buffer) !== claim.crc32) throw corrupt('The archive is damaged: its checksum is another.');
  return buffer;
}

function inflateWhole(packed: Uint8Array, size: number): Inflated {
  // One chunk that is never quite filled: zlib then neither grows nor copies.
  const options = { info: true, maxOutputLength: Math.max(1, size), chunkSize: Math.max(64, size + 1) };
  try {
    return inflateRawSync(packed, options) as unknown as Inflated;
  } catch (cause) {
    throw corrupt('The archive is truncated, damaged, or larger than it says.', cause);
  }
}
