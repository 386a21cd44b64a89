import type { Header } from 'tar-stream';
import { Rejected } from '../errors.ts';
import type { Contents } from './contents.ts';
import { corrupt } from './inflate.ts';

const BLOCK = 512;
/** Room for a path and for attributes. tar-stream copies a global header's records for each entry: they must be few. */
const MAX_EXTENDED = 8 * 1024;

/** Records of a pax header that would give an entry another shape than its own header says. */
const SHAPING = /^(?:linkpath$|GNU\.sparse\.|SCHILY\.realsize$)/u;

function refusal(what: string): Rejected {
  return new Rejected('EntryRefused', `The archive holds ${what}; only plain files and folders are taken.`, {
    hint: 'Pack the files themselves (tar --dereference).',
  });
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}

/** An extended header is for one entry. A global one may say where the archive comes from, not what its entries are. */
function checkExtended(type: string, records: Buffer): void {
  if (records.length > MAX_EXTENDED) throw corrupt('An extended header of the tar archive is too large.');
  if (type === 'g' && / (?:path|size)=/u.test(records.toString('latin1'))) {
    throw corrupt('A global header of the tar archive renames or resizes all its files.');
  }
}

/**
 * Walks from header to header by their sizes and types alone. An archive may be kept as it is and read again by Helm;
 * what tar-stream passes over in silence, and another reader may not, is refused here: entries behind the end, numbers
 * with garbage, headers of GNU's that hide their content, several extended headers for one entry.
 */
function checkOutline(tar: Buffer): void {
  let at = 0;
  let extended = false;
  while (at + BLOCK <= tar.length && !isZero(tar.subarray(at, at + BLOCK))) {
    const digits = /^ *([0-7]*)[ \0]*$/u.exec(tar.toString('latin1', at + 124, at + 136))?.[1];
    // The binary form, for sizes from 8 GiB, is none that any limit lets through.
    if (digits === undefined) throw corrupt('A size in the tar archive is not octal.');
    const size = Number.parseInt(digits || '0', 8);
    const type = tar.toString('latin1', at + 156, at + 157);
    if ('KNS'.includes(type)) throw refusal('a sparse file, a link, or a header of an old kind');
    if ('gxL'.includes(type)) checkExtended(type, tar.subarray(at + BLOCK, at + BLOCK + size));
    if (type !== 'g') {
      const extendsNext = type === 'x' || type === 'L';
      if (extended && extendsNext) throw corrupt('The tar archive gives an entry two extended headers.');
      extended = extendsNext;
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  if (extended || at + 2 * BLOCK > tar.length) throw corrupt('The tar archive is truncated, or lies about a size.');
  if (!isZero(tar.subarray(at))) throw corrupt('The tar archive holds data behind its end.');
}

function addEntry({ name, type, mode, pax, size }: Header, bytes: Uint8Array, contents: Contents): void {
  const records = Object.keys(pax ?? {});
  // What tar-stream can't read of a pax header, it leaves out.
  if (pax && records.length === 0) throw corrupt('A pax header of the tar archive is damaged.');
  if (records.some((key) => SHAPING.test(key))) throw refusal('a sparse file or a link');
  if (records.includes('size')) throw corrupt('The tar archive gives an entry two sizes.');
  if (name.includes('\ufffd')) throw corrupt('A name in the archive is not UTF-8.');
  const path = name.replace(/^\.\//u, '').replace(/\/$/u, '');
  if (type === 'directory' || (type === 'file' && name.endsWith('/'))) {
    if (size !== 0) throw corrupt('A folder of the tar archive has content.');
    // `tar -C folder .` packs the folder itself, too.
    if (name !== './' && name !== '.') contents.addFolder(path);
    return;
  }
  if (type !== 'file') throw refusal(`an entry of ${type === null ? 'an unknown type' : `type ${type}`}`);
  contents.reserve(size);
  contents.addFile({ path, bytes, executable: (mode & 0o111) !== 0 });
}

/**
 * Reads a tar archive (ustar, pax, GNU) that is wholly in memory; the files are views of it.
 *
 * @throws Rejected `ArchiveCorrupt`, `EntryRefused`, and what `contents` throws
 */
export async function readTar(file: Uint8Array, contents: Contents): Promise<void> {
  const tar = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  checkOutline(tar);
  const { extract } = await import('tar-stream');
  const entries = extract();
  entries.end(tar);
  try {
    for await (const entry of entries) {
      const start = entry.offset + BLOCK;
      addEntry(entry.header, tar.subarray(start, start + entry.header.size), contents);
      entry.resume();
    }
  } catch (error) {
    if (error instanceof Rejected) throw error;
    throw corrupt('The tar archive is damaged, or of an unknown format.', error);
  }
}
