import { corrupt, inflate } from './inflate.ts';

const CRC_OF_HEADER = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
const RESERVED = 0xe0;
/** What deflate can reach at most (zlib's technical details). */
const MAX_DEFLATE_RATIO = 1032;

/** Where the deflated data starts (RFC 1952, 2.3). */
function endOfHeader(bytes: Buffer): number {
  const flags = bytes[3] ?? 0;
  if (bytes[2] !== 8 || (flags & RESERVED) !== 0) throw corrupt('The gzip header is none that gitferry knows.');
  let at = 10;
  if ((flags & EXTRA) !== 0) at += 2 + (at + 2 <= bytes.length ? bytes.readUInt16LE(at) : 0);
  for (const text of [NAME, COMMENT]) {
    if ((flags & text) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end === -1) throw corrupt('The gzip header is truncated.');
    at = end + 1;
  }
  return (flags & CRC_OF_HEADER) === 0 ? at : at + 2;
}

/**
 * Unpacks a gzip file of one member with nothing behind it (RFC 1952).
 * `allow` is asked with the size that the file claims, and throws when that is too much.
 *
 * @throws Rejected `ArchiveCorrupt`, `ArchiveTooDense`, and what `allow` throws
 */
export function gunzip(file: Uint8Array, allow: (size: number) => void): Uint8Array {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const start = endOfHeader(bytes);
  const end = bytes.length - 8;
  if (start > end) throw corrupt('The gzip file is truncated.');
  const claim = { crc32: bytes.readUInt32LE(end), size: bytes.readUInt32LE(end + 4) };
  if (claim.size > (end - start) * MAX_DEFLATE_RATIO + 1024)
    throw corrupt('The gzip file is truncated, or lies about its size.');
  allow(claim.size);
  return inflate(bytes.subarray(start, end), claim);
}
