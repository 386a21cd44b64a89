import { createHash } from 'node:crypto';
import { isArchive, unpack } from '../../../shared/artifact/archive.ts';
import { readChart } from '../../../shared/artifact/chart.ts';
import type { File } from '../../../shared/artifact/file.ts';
import { checkPath, checkUnprotected } from '../../../shared/artifact/path.ts';
import { Rejected } from '../../../shared/errors.ts';
import { type GitObject, type Objects, oidOf } from '../../../shared/git/object.ts';
import { treeOf } from '../../../shared/git/tree.ts';
import { type Places, standingOf } from '../../../shared/ledger/state.ts';
import { checkKinds } from '../../../shared/manifest/kinds.ts';
import type { ObjectContent } from '../../../shared/source/bucket.ts';
import type { Candidate } from '../../../shared/unit/choose.ts';
import { chartPlace, filesRoot, type Unit } from '../../../shared/unit/unit.ts';
import type { Desired } from './decide.ts';

/** A candidate, read and checked: what should stand, and the git objects that it is made of. */
export interface Content {
  readonly desired: Desired;
  readonly objects: Objects;
  /** Bytes of content, unpacked. */
  readonly size: number;
  /** What lands, by paths of the repository; nothing where an archive stays packed. */
  readonly files: readonly File[];
  /** The same content, its files written otherwise. */
  readonly written: (files: readonly File[]) => Pick<Content, 'desired' | 'objects'>;
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The digest of files as they land; how they were packed (times, order, compression) does not count. */
function digestOfFiles(files: readonly File[]): string {
  const hash = createHash('sha256');
  for (const { path, bytes, executable } of files.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
    hash.update(`${executable ? 'x' : '-'} ${bytes.length} ${path}\0`).update(bytes);
  return `sha256:${hash.digest('hex')}`;
}

function sizeOf(files: readonly File[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function checkPlaces(paths: readonly string[]): void {
  for (const path of paths) {
    checkPath(path);
    checkUnprotected(path);
  }
}

/** Reads what an object brings. Throws Rejected for anything that must not land. */
export async function readContent(unit: Unit, candidate: Candidate, object: ObjectContent): Promise<Content> {
  const { mirror } = unit;
  const { bucket, place } = mirror;
  const { key, etag, versionId, modified } = object;
  const source = { bucket, key, etag, versionId, modified };
  const fileName = key.slice(key.lastIndexOf('/') + 1);

  if (place.kind === 'files') {
    const root = filesRoot(place.folder, unit.name);
    const packed = isArchive(fileName);
    const files = packed
      ? await unpack(fileName, object.bytes, mirror.limits)
      : [{ path: fileName, bytes: object.bytes, executable: false }];
    const placed = files.map((file) => ({ ...file, path: root === '' ? file.path : `${root}/${file.path}` }));
    checkPlaces(placed.map(({ path }) => path));
    checkKinds(placed, 'files', mirror);
    const content = packed ? digestOfFiles(files) : digestOf(object.bytes);
    const written: Content['written'] = (files) => {
      const { places, objects } = asBlobs(files);
      return { desired: { version: null, content, places, root, source }, objects };
    };
    return { ...written(placed), size: sizeOf(files), files: placed, written };
  }

  if (candidate.version === null)
    throw new Rejected('NotAChart', `${key} is not named as a chart archive is: <name>-<version>.tgz.`, {
      hint: 'Upload what `helm package` wrote, directly below the prefix, or mirror this prefix with `files:`.',
    });
  const chart = await readChart(fileName, object.bytes, mirror.limits);
  const { version } = chart;
  const root = chartPlace(place.template, chart);
  checkPlaces(place.unpack ? chart.files.map(({ path }) => `${root}/${path}`) : [root]);
  checkKinds(chart.files, 'chart', mirror);
  if (!place.unpack) {
    const { places, objects } = asBlobs([{ path: root, bytes: object.bytes, executable: false }]);
    const packed = { desired: { version, content: digestOf(object.bytes), places, root, source }, objects };
    return { ...packed, size: object.size, files: [], written: () => packed };
  }
  const content = digestOfFiles(chart.files);
  const written: Content['written'] = (files) => {
    const { entry, objects } = treeOf(files.map((file) => ({ ...file, path: file.path.slice(root.length + 1) })));
    return { desired: { version, content, places: { [root]: standingOf(entry) }, root, source }, objects };
  };
  const files = chart.files.map((file) => ({ ...file, path: `${root}/${file.path}` }));
  return { ...written(files), size: sizeOf(files), files, written };
}

/** Files by the blobs that hold them, without a tree: their folders are shared with others. */
function asBlobs(files: readonly File[]): { places: Places; objects: Objects } {
  const blobs = files.map(({ path, bytes, executable }) => {
    const object: GitObject = { type: 'blob', bytes };
    return { path, object, entry: { mode: executable ? '100755' : '100644', oid: oidOf(object) } };
  });
  return {
    places: Object.fromEntries(blobs.map(({ path, entry }) => [path, standingOf(entry)])),
    objects: new Map(blobs.map(({ entry, object }) => [entry.oid, object])),
  };
}
