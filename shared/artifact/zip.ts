import { crc32, inflateRawSync } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { Rejected } from '../errors.ts';
import type { Contents, Limits } from './contents.ts';
import { corrupt, inflate } from './inflate.ts';

const ENCRYPTED = 0x1;
const UTF8_NAME = 0x800;
const STORED = 0;
const DEFLATED = 8;
const ZIP64_FIELD = 0x0001;
/** The record at the end, of 22 bytes without its comment; before it, in zip64, stands a locator of 20. */
const END_RECORD = Buffer.from('PK\u0005\u0006');
const ZIP64_LOCATOR = Buffer.from('PK\u0006\u0007');
/** Systems (upper byte of "version made by") that write Unix modes into the external attributes. */
const UNIX = new Set([3, 19]);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw corrupt('A name in the archive is not UTF-8.', cause);
  }
}

function unsupported(what: string): Rejected {
  return new Rejected('ArchiveUnsupported', `The zip archive ${what}.`, {
    hint: 'Pack it again as a plain zip archive, or as .tar.gz.',
  });
}

function isFromUnix(entry: Entry): boolean {
  return UNIX.has(entry.versionMadeBy >> 8);
}

/** Names are UTF-8 when flagged so, or as Unix has them; else in some code page of old, which only leaves ASCII. */
function nameOf(entry: Entry): string {
  const name = utf8(entry.fileNameRaw);
  const flagged = (entry.generalPurposeBitFlag & UTF8_NAME) !== 0;
  if (!flagged && !isFromUnix(entry) && /[^\u0000-\u007f]/u.test(name)) {
    throw unsupported('names files beyond ASCII without saying that the names are UTF-8');
  }
  return name;
}

/** The Unix mode, 0 when the archive comes from elsewhere. */
function modeOf(entry: Entry): number {
  return isFromUnix(entry) ? entry.externalFileAttributes >>> 16 : 0;
}

function checkEntry(entry: Entry, name: string): void {
  if ((entry.generalPurposeBitFlag & ENCRYPTED) !== 0) throw unsupported('is encrypted');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw unsupported(`is compressed by method ${entry.compressionMethod}, not by deflate`);
  }
  if (entry.extraFields.some(({ id }) => id === ZIP64_FIELD)) throw unsupported('is a zip64 archive');
  const format = modeOf(entry) & 0o170000;
  const expected = name.endsWith('/') ? 0o040000 : 0o100000;
  if (format !== 0 && format !== expected) {
    throw new Rejected('EntryRefused', 'The archive holds a link, a device or another special file.', {
      hint: 'Pack the files themselves.',
    });
  }
}

/** Reads an entry's bytes, and returns where they end; what its local header says must be what the directory says. */
async function read(zip: ZipFile, bytes: Buffer, entry: Entry): Promise<{ content: Uint8Array; end: number }> {
  const local = await zip.readLocalFileHeaderPromise(entry);
  if (!local.fileName.equals(entry.fileNameRaw) || local.compressionMethod !== entry.compressionMethod) {
    throw corrupt('The zip archive contradicts itself about a file.');
  }
  const end = local.fileDataStart + entry.compressedSize;
  const packed = bytes.subarray(local.fileDataStart, end);
  const { compressionMethod, uncompressedSize } = entry;
  const content = compressionMethod === DEFLATED ? inflate(inflateRawSync, packed, uncompressedSize) : packed;
  if (content.length !== uncompressedSize || crc32(content) !== entry.crc32) {
    throw corrupt('The zip archive is damaged: a size or a checksum is another.');
  }
  return { content, end };
}

/** Two entries over the same bytes are how a small archive unpacks to a huge one ("a better zip bomb", Fifield 2019). */
function checkOverlaps(spans: [start: number, end: number][]): void {
  let last = 0;
  for (const [start, end] of spans.sort(([a], [b]) => a - b)) {
    if (start < last) throw corrupt('Files of the zip archive overlap.');
    last = end;
  }
}

async function readEntries(zip: ZipFile, bytes: Buffer, contents: Contents): Promise<void> {
  const spans: [number, number][] = [];
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    checkEntry(entry, name);
    contents.reserve(entry.uncompressedSize);
    const { content, end } = await read(zip, bytes, entry);
    spans.push([entry.relativeOffsetOfLocalHeader, end]);
    const path = name.replace(/^\.\//u, '');
    if (!name.endsWith('/')) {
      contents.addFile({ path, bytes: content, executable: (modeOf(entry) & 0o111) !== 0 });
    } else if (content.length > 0) {
      throw corrupt('A folder of the zip archive has content.');
    } else if (path !== '') {
      contents.addFolder(path.slice(0, -1));
    }
  }
  checkOverlaps(spans);
}

/**
 * Reads a zip archive that is wholly in memory.
 *
 * @throws Rejected `ArchiveCorrupt`, `ArchiveUnsupported`, `EntryRefused`, and what `contents` throws
 */
export async function readZip(file: Uint8Array, limits: Limits, contents: Contents): Promise<void> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  const end = bytes.lastIndexOf(END_RECORD, -22);
  if (bytes.subarray(Math.max(0, end - 20), end).indexOf(ZIP64_LOCATOR) === 0) throw unsupported('is a zip64 archive');
  const { fromBufferPromise } = await import('yauzl');
  try {
    // Names stay bytes: yauzl would replace what is not UTF-8, and turn backslashes.
    const zip = await fromBufferPromise(bytes, { decodeStrings: false, lazyEntries: true });
    if (zip.entryCount > limits.files) {
      throw new Rejected('TooManyFiles', `The archive holds more than ${limits.files} files and folders.`, {
        hint: 'Split the upload, or raise the limits of this mirror.',
        facts: { limit: limits.files },
      });
    }
    await readEntries(zip, bytes, contents);
  } catch (error) {
    if (error instanceof Rejected) throw error;
    throw corrupt('The zip archive is truncated or damaged.', error);
  }
}
