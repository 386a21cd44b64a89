import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** One entry of a pack, written by hand: what it claims need not be true. */
export interface RawEntry {
  readonly code: number;
  readonly bytes: Uint8Array;
  /** What the head says instead of the truth. */
  readonly size?: number;
  /** Stands between head and bytes: an offset or a base's id. */
  readonly base?: Uint8Array;
  /** Instead of the deflated bytes. */
  readonly deflated?: Uint8Array;
}

export const CODE = { commit: 1, tree: 2, blob: 3, tag: 4, offset: 6, ref: 7 } as const;

/** A number as entries (and, with another first byte, deltas) write it. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

export function rawEntry({ code, bytes, size = bytes.length, base, deflated }: RawEntry): Buffer {
  const rest = Math.floor(size / 16);
  const head = rest === 0 ? [(code << 4) | size] : [0x80 | (code << 4) | (size & 0x0f), ...varint(rest)];
  return Buffer.concat([Buffer.from(head), base ?? new Uint8Array(0), deflated ?? deflateSync(bytes)]);
}

/** A pack of these entries with a right checksum; `count` lies when given. */
export function rawPack(entries: readonly Buffer[], count = entries.length): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(count, 8);
  const body = Buffer.concat([header, ...entries]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** A delta from its instructions. */
export function rawDelta(source: number, target: number, ...instructions: readonly number[]): Buffer {
  return Buffer.from([...varint(source), ...varint(target), ...instructions]);
}
