import { Rejected } from '../errors.ts';
import { Contents, type Limits } from './contents.ts';
import type { File } from './file.ts';
import { gunzip } from './gzip.ts';
import { shown } from './path.ts';
import { readTar } from './tar.ts';
import { readZip } from './zip.ts';

export type { Limits } from './contents.ts';

type Format = 'gzip' | 'tar' | 'zip';

/** What a tar archive may spend on headers and padding: for each file and folder, and at its end. */
const TAR_OVERHEAD = { perFile: 8 * 1024, end: 1024 * 1024 };

function formatOf(name: string): Format | null {
  const lower = name.toLowerCase();
  if (lower.endsWith('.tgz') || lower.endsWith('.tar.gz')) return 'gzip';
  if (lower.endsWith('.tar')) return 'tar';
  return lower.endsWith('.zip') ? 'zip' : null;
}

/** Whether a file of this name is unpacked: `.tgz`, `.tar.gz`, `.tar`, `.zip`, in any case. */
export function isArchive(name: string): boolean {
  return formatOf(name) !== null;
}

/** Formats by their first bytes, as latin1. */
const MAGIC: readonly (readonly [RegExp, string])[] = [
  [/^\x1f\x8b/u, 'a gzip file'],
  [/^PK(?:\x03\x04|\x05\x06)/u, 'a zip archive'],
  [/^.{257}ustar/su, 'a tar archive'],
  [/^BZh/u, 'a bzip2 file'],
  [/^\xfd7zXZ/u, 'an xz file'],
  [/^\x28\xb5\x2f\xfd/u, 'a zstd file'],
  [/^\s*<(?:!doctype|html|\?xml)/iu, 'a page of HTML or XML'],
  [/^$/u, 'an empty file'],
  [/^[\t\n\r -~]*$/u, 'a text file'],
];

function looksLike(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 512)).toString('latin1');
  return MAGIC.find(([pattern]) => pattern.test(head))?.[1] ?? 'something else';
}

const EXPECTED: Readonly<Record<Format, string>> = { gzip: 'a gzip file', tar: 'a tar archive', zip: 'a zip archive' };

/** Unpacks a tar archive inside a gzip file; it may be as large as the limits, and its own headers, allow. */
function gunzipTar(bytes: Uint8Array, limits: Limits): Uint8Array {
  const limit = limits.unpacked + (limits.files + 1) * TAR_OVERHEAD.perFile + TAR_OVERHEAD.end;
  return gunzip(bytes, (size) => {
    if (size <= limit) return;
    throw new Rejected(
      'UnpackedTooLarge',
      `The archive would unpack to ${size} bytes; ${limits.unpacked} are allowed.`,
      {
        hint: 'Upload less at once, or raise the limits of this mirror.',
        facts: { size, limit: limits.unpacked },
      },
    );
  });
}

/**
 * The files of an archive, in its order, every path checked. All in memory, of which it takes no more than the archive
 * and `limits` together; nothing is written. Empty folders are left out, as git would.
 *
 * @param name the name it was uploaded by, whose ending says what it is
 * @throws Rejected `NotAnArchive`, `ArchiveTooLarge`, `ArchiveMismatch`, `ArchiveCorrupt`, `ArchiveUnsupported`,
 *   `ArchiveTooDense`, `UnpackedTooLarge`, `TooManyFiles`, `EntryRefused`, `PathUnsafe`, `PathCollides`
 */
export async function unpack(name: string, bytes: Uint8Array, limits: Limits): Promise<readonly File[]> {
  const format = formatOf(name);
  if (format === null)
    throw new Rejected('NotAnArchive', `The name ${shown(name)} is not that of an archive.`, {
      hint: 'Name it by what it is: .tgz, .tar.gz, .tar or .zip.',
    });
  if (bytes.length > limits.packed) {
    throw new Rejected('ArchiveTooLarge', `The archive has ${bytes.length} bytes; ${limits.packed} are allowed.`, {
      hint: 'Upload less at once, or raise the limits of this mirror.',
      facts: { size: bytes.length, limit: limits.packed },
    });
  }
  const found = looksLike(bytes);
  if (found !== EXPECTED[format]) {
    throw new Rejected('ArchiveMismatch', `${shown(name)} should be ${EXPECTED[format]}, but looks like ${found}.`, {
      hint: 'Name the file by what it is.',
    });
  }
  const contents = new Contents(limits);
  if (format === 'zip') await readZip(bytes, limits, contents);
  else await readTar(format === 'tar' ? bytes : gunzipTar(bytes, limits), contents);
  return contents.files;
}
