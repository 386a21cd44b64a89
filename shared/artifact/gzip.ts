import { gunzipSync } from 'node:zlib';
import { corrupt, inflate } from './inflate.ts';

/** The shortest header, an empty stream, and the trailer of checksum and size (RFC 1952). */
const MIN_SIZE = 10 + 2 + 8;
/** What deflate can reach at most (zlib's technical details). */
const MAX_DEFLATE_RATIO = 1032;

/**
 * Unpacks a gzip file of one member with nothing behind it (RFC 1952); zlib checks its header and its checksum.
 * `allow` is asked with the size that the file claims, and throws when that is too much.
 *
 * @throws Rejected `ArchiveCorrupt`, `ArchiveTooDense`, and what `allow` throws
 */
export function gunzip(file: Uint8Array, allow: (size: number) => void): Uint8Array {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.length < MIN_SIZE) throw corrupt('The gzip file is truncated.');
  const size = bytes.readUInt32LE(bytes.length - 4);
  if (size > bytes.length * MAX_DEFLATE_RATIO) throw corrupt('The gzip file is truncated, or lies about its size.');
  allow(size);
  return inflate(gunzipSync, bytes, size);
}
