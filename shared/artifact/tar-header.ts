import { corrupt } from './inflate.ts';

/** A header block. `type` is its flag as a character, `0` for plain files. `name` decodes on demand: it may be unused. */
export interface Header {
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  name(): string;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw corrupt('A name in the archive is not UTF-8.', cause);
  }
}

function ascii(block: Uint8Array, start: number, length: number): string {
  return Buffer.from(block.subarray(start, start + length)).toString('latin1');
}

function text(block: Uint8Array, start: number, length: number): Uint8Array {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return end === -1 ? field : field.subarray(0, end);
}

/** An octal number. The binary form, for sizes from 8 GiB, is none that any limit lets through. */
function octal(block: Uint8Array, start: number, length: number): number {
  const field = ascii(block, start, length);
  const digits = /^ *([0-7]*)[ \0]*$/u.exec(field)?.[1];
  if (digits === undefined) throw corrupt('A number in a tar header is not octal.');
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < block.length; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}

/**
 * Reads one header of 512 bytes (POSIX.1-2001 pax, "ustar Interchange Format", and GNU's variant).
 *
 * @throws Rejected `ArchiveCorrupt`
 */
export function parseHeader(block: Uint8Array): Header {
  const magic = ascii(block, 257, 8);
  const posix = magic === 'ustar\u000000';
  if (!posix && magic !== 'ustar  \u0000') throw corrupt('The tar archive is damaged, or of an unknown format.');
  if (octal(block, 148, 8) !== checksum(block)) throw corrupt('The tar archive is damaged: a checksum is another.');
  const flag = ascii(block, 156, 1);
  return {
    type: flag === '\0' ? '0' : flag,
    size: octal(block, 124, 12),
    mode: octal(block, 100, 8),
    name: () => {
      const name = utf8(text(block, 0, 100));
      const prefix = posix ? utf8(text(block, 345, 155)) : '';
      return prefix === '' ? name : `${prefix}/${name}`;
    },
  };
}

/**
 * The records of a pax header: `<length> <key>=<value>\n`, the length counting all of it in bytes.
 *
 * @throws Rejected `ArchiveCorrupt`
 */
export function parsePax(body: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < body.length; ) {
    const digits = /^(\d{1,8}) /u.exec(ascii(body, at, 9))?.[1];
    const end = at + Number(digits);
    if (digits === undefined || end > body.length || body[end - 1] !== 0x0a) {
      throw corrupt('A pax header of the tar archive is damaged.');
    }
    const record = body.subarray(at + digits.length + 1, end - 1);
    const equals = record.indexOf(0x3d);
    if (equals < 1) throw corrupt('A pax header of the tar archive is damaged.');
    const key = ascii(record, 0, equals);
    // Other values (extended attributes) may be binary, and are not used.
    records.set(key, key === 'path' || key === 'size' ? utf8(record.subarray(equals + 1)) : '');
    at = end;
  }
  return records;
}
