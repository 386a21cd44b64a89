import type { File } from '../../../shared/artifact/file.ts';
import type { Draft } from '../../../shared/git/draft.ts';
import { type Entry, type GitObject, type Oid, oidOf } from '../../../shared/git/object.ts';
import { FOLDER, readTree, treeOf } from '../../../shared/git/tree.ts';
import { type Standing, standingOf } from '../../../shared/ledger/state.ts';
import type { Batch } from '../batch.ts';
import { each } from '../each.ts';
import { type Carried, carry } from '../images/carry.ts';

/** Something that stood once, and is to stand again. */
export interface Reset {
  readonly path: string;
  readonly entry: Entry;
}

/** What stands again: as it was, but for references to images, which keep what they say in the tree. */
export interface Restored extends Carried {
  readonly places: Readonly<Record<string, Standing>>;
  readonly objects: ReadonlyMap<Oid, GitObject>;
}

/** `before`: the paths that hold the files now which make way, opened. */
export async function restored(batch: Batch, resets: readonly Reset[], before: readonly string[]): Promise<Restored> {
  const { main } = batch.round;
  const stood = await each(resets, ({ path, entry }) => filesAt(main, path, entry));
  const carried = await carry(
    batch,
    stood.flatMap((files) => files ?? []),
    before,
  );
  const places: Record<string, Standing> = {};
  const objects = new Map<Oid, GitObject>();
  for (const [index, { path, entry }] of resets.entries()) {
    const own = carried.files.filter((file) => isAt(path, file.path));
    const made = stood[index] === null ? null : entry.mode === FOLDER ? treeAt(path, own) : blobOf(entry, own);
    places[path] = standingOf(made?.entry ?? entry);
    // What is as it was is on the server.
    if (made !== null && made.entry.oid !== entry.oid)
      for (const [oid, object] of made.objects) objects.set(oid, object);
  }
  return { ...carried, places, objects };
}

export function isAt(place: string, path: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

/** The files that stood at a path; null where there is more than files, which stands again as it is. */
async function filesAt(main: Draft, path: string, { mode, oid }: Entry): Promise<File[] | null> {
  if (mode !== FOLDER && !mode.startsWith('100')) return null;
  const bytes = (await main.fetch([oid])).get(oid)?.bytes ?? new Uint8Array();
  if (mode !== FOLDER) return [{ path, bytes, executable: mode === '100755' }];
  const inner = await each(readTree(bytes), async (line): Promise<File[] | null> => {
    const name = line.name.toString();
    return name.includes('\ufffd') ? null : filesAt(main, `${path}/${name}`, line);
  });
  return inner.includes(null) ? null : inner.flatMap((files) => files ?? []);
}

function treeAt(root: string, files: readonly File[]) {
  return treeOf(files.map((file) => ({ ...file, path: file.path.slice(root.length + 1) })));
}

function blobOf({ mode }: Entry, [file]: readonly File[]) {
  const blob: GitObject = { type: 'blob', bytes: file?.bytes ?? new Uint8Array() };
  const oid = oidOf(blob);
  return { entry: { mode, oid }, objects: new Map([[oid, blob]]) };
}
