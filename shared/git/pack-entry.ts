import type { Oid } from './object.ts';

/** `unknown` is a delta whose base has not been seen. */
export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag' | 'unknown';

/** What stands before an entry's deflated bytes. */
export interface EntryHead {
  readonly type: Exclude<ObjectType, 'unknown'> | 'delta';
  /** Bytes when inflated, as claimed. */
  readonly size: number;
  /** Of a delta: its base's offset in the pack, or its id. */
  readonly base: number | Oid | null;
  /** Bytes of the head itself. */
  readonly length: number;
}

const TYPES = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag', 6: 'delta', 7: 'delta' } as const;
const OFFSET_DELTA = 6;
const REF_DELTA = 7;
/** No size or offset needs more bytes than this: 2^46 and up is not a pack. */
const LONGEST_NUMBER = 7;

/**
 * Reads the head of the entry that begins at `offset` of the pack (gitformat-pack). Null when more bytes are needed; throws
 * RangeError when it can not be one.
 */
export function readEntryHead(buffer: Buffer, offset: number): EntryHead | null {
  const first = buffer[0];
  if (first === undefined) return null;
  const code = (first >> 4) & 7;
  const type = TYPES[code as keyof typeof TYPES];
  if (type === undefined) throw new RangeError('an entry has an unknown type');

  let size = first & 0x0f;
  let at = 1;
  for (let factor = 16, byte = first; byte >= 0x80; factor *= 128) {
    if (at > LONGEST_NUMBER) throw new RangeError('an entry’s size can not be read');
    if (at >= buffer.length) return null;
    byte = buffer[at++] as number;
    size += (byte & 0x7f) * factor;
  }
  if (code === REF_DELTA) {
    if (buffer.length < at + 20) return null;
    return { type, size, base: buffer.toString('hex', at, at + 20), length: at + 20 };
  }
  if (code !== OFFSET_DELTA) return { type, size, base: null, length: at };

  let back = 0;
  const start = at;
  for (let byte = 0x80; byte >= 0x80; ) {
    if (at - start > LONGEST_NUMBER) throw new RangeError('an entry’s base can not be read');
    if (at >= buffer.length) return null;
    byte = buffer[at++] as number;
    // Each further byte stands for one more than its bits say, so that no offset has two spellings.
    back = (at - start === 1 ? 0 : (back + 1) * 128) + (byte & 0x7f);
  }
  if (back === 0 || back > offset) throw new RangeError('a delta reaches before the pack');
  return { type, size, base: offset - back, length: at };
}
