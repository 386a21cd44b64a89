import { Rejected } from '../errors.ts';
import type { Contents } from './contents.ts';
import { corrupt } from './inflate.ts';
import { type Header, parseHeader, parsePax, utf8 } from './tar-header.ts';

const BLOCK = 512;

const REFUSED: Readonly<Record<string, string>> = {
  1: 'a hard link',
  2: 'a symbolic link',
  3: 'a device',
  4: 'a device',
  6: 'a fifo',
  7: 'a contiguous file',
  K: 'a link',
  S: 'a sparse file',
};

/** Records of a pax header that would give an entry another shape than its own header says. */
const SHAPING = /^(?:linkpath$|GNU\.sparse\.|SCHILY\.realsize$)/u;

function refusal(what: string): Rejected {
  return new Rejected('EntryRefused', `The archive holds ${what}; only plain files and folders are taken.`, {
    hint: 'Pack the files themselves (tar --dereference).',
  });
}

function pad(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}

/** The end is two blocks of zeros, and nothing but zeros behind them: readers differ in what they make of more. */
function checkEnd(rest: Uint8Array): void {
  if (rest.length < 2 * BLOCK) throw corrupt('The tar archive is truncated: its end is missing.');
  if (!isZero(rest)) throw corrupt('The tar archive holds data behind its end.');
}

/** The long name that extension headers give to the entry behind them. */
function longName(header: Header, body: Uint8Array): string | null {
  if (header.type === 'L') return utf8(body.subarray(0, body.indexOf(0) === -1 ? body.length : body.indexOf(0)));
  const records = parsePax(body);
  for (const key of records.keys()) if (SHAPING.test(key)) throw refusal('a sparse file or a link');
  const path = records.get('path') ?? null;
  if (header.type === 'g' && (path !== null || records.has('size'))) {
    throw corrupt('A global header of the tar archive renames or resizes all its files.');
  }
  return path;
}

function addEntry(header: Header, name: string, body: Uint8Array, contents: Contents): void {
  const path = name.replace(/^\.\//u, '').replace(/\/$/u, '');
  // `tar -C folder .` packs the folder itself, too.
  const isRoot = name === './' || name === '.';
  if (header.type === '5' || (header.type === '0' && name.endsWith('/'))) {
    if (header.size !== 0) throw corrupt('A folder of the tar archive has content.');
    if (!isRoot) contents.addFolder(path);
    return;
  }
  if (header.type !== '0') throw refusal(REFUSED[header.type] ?? 'an entry of an unknown type');
  contents.reserve(body.length);
  contents.addFile({ path, bytes: body, executable: (header.mode & 0o111) !== 0 });
}

/**
 * Reads a tar archive (ustar, pax, GNU) that is wholly in memory; the files are views of it.
 *
 * Strict, and written here for that reason: an archive may be kept as it is and read again by Helm, so that whatever
 * two readers could take differently (entries behind the end, numbers with garbage, global renames) is refused.
 *
 * @throws Rejected `ArchiveCorrupt`, `EntryRefused`, and what `contents` throws
 */
export function readTar(tar: Uint8Array, contents: Contents): void {
  let name: string | null = null;
  let extended = false;
  for (let at = 0; ; ) {
    const block = tar.subarray(at, at + BLOCK);
    if (block.length < BLOCK || isZero(block)) {
      if (extended) throw corrupt('The tar archive ends within an entry.');
      checkEnd(tar.subarray(at));
      return;
    }
    const header = parseHeader(block);
    const start = at + BLOCK;
    at = start + pad(header.size);
    if (at > tar.length) throw corrupt('The tar archive is truncated, or lies about a size.');
    const body = tar.subarray(start, start + header.size);
    if (header.type === 'g') {
      longName(header, body);
    } else if (header.type === 'x' || header.type === 'L') {
      if (extended) throw corrupt('The tar archive gives an entry two extended headers.');
      name = longName(header, body);
      if (header.type === 'x') checkSize(body, tar.subarray(at, at + BLOCK));
      extended = true;
    } else {
      addEntry(header, name ?? header.name(), body, contents);
      name = null;
      extended = false;
    }
  }
}

/** A pax header may repeat the size of the entry behind it, not change it. */
function checkSize(pax: Uint8Array, next: Uint8Array): void {
  const size = parsePax(pax).get('size');
  if (size === undefined) return;
  if (next.length < BLOCK || size !== String(parseHeader(next).size)) {
    throw corrupt('The tar archive gives an entry two sizes.');
  }
}
