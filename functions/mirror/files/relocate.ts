import type { File } from '../../../shared/artifact/file.ts';
import type { Draft } from '../../../shared/git/draft.ts';
import { type Entry, type GitObject, type Oid, oidOf } from '../../../shared/git/object.ts';
import { FOLDER, readTree, treeOf } from '../../../shared/git/tree.ts';
import { entryOf, placesOf, recordOf, type Standing, standingOf } from '../../../shared/ledger/state.ts';
import type { Unit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { each } from '../each.ts';
import { carry, settleThere } from '../images/carry.ts';
import type { Brought } from '../images/note.ts';
import { placeOf, standingOf as valueText } from '../images/value.ts';
import type { Desired } from './decide.ts';
import type { Fitted } from './fit.ts';
import { moved } from './judge.ts';
import { presentAt } from './view.ts';

/** Something that was released, and is to stand again where a person changed it. */
interface Reset {
  readonly from: string;
  readonly path: string;
  readonly entry: Entry;
}

/**
 * What only moves takes its files along as they are now, not as they were released; what a person changed in them is as
 * it was released again, but for its references. `before`: paths that hold the unit's files now, opened.
 */
export async function relocate(batch: Batch, unit: Unit, desired: Desired, before: readonly string[]): Promise<Fitted> {
  const { main } = batch.round;
  const state = batch.state(unit.id);
  const { root = '' } = recordOf(state) ?? {};
  const standing = await settleThere(batch, before);
  const moving = standing.filter(({ path }) => moved(path, root, desired.root) !== path);
  for (const { policy } of moving) batch.stirred.add(policy);
  const brought = moving.map(({ policy, path, reference }): Brought => {
    const place = placeOf(moved(path, root, desired.root), reference.id);
    return { policy, place, standing: valueText(reference.value), from: placeOf(path, reference.id) };
  });

  const recorded = placesOf(state);
  const present = presentAt(main, unit, Object.keys(recorded));
  const places: Record<string, Standing> = { ...desired.places };
  const resets: Reset[] = [];
  for (const [from, standing] of Object.entries(recorded)) {
    const [now, path, entry] = [present[from] ?? null, moved(from, root, desired.root), entryOf(standing)];
    if (entry === null || places[path] !== standing || now === standing) continue;
    if (batch.masks.same(from, now, standing)) places[path] = now;
    else resets.push({ from, path, entry });
  }
  if (resets.length === 0)
    return { desired: { ...desired, places }, objects: new Map(), files: [], edited: [], brought };

  const released = (await each(resets, ({ path, entry }) => filesAt(main, path, entry))).flat();
  const stood = before.filter((path) => resets.some(({ from }) => isAt(from, path)));
  const { files, edited, brought: others } = await carry(batch, released, stood);
  const objects = new Map<Oid, GitObject>();
  for (const { path, entry } of resets) {
    const own = files.filter((file) => isAt(path, file.path));
    const made = entry.mode === FOLDER ? treeAt(path, own) : blobOf(entry, own);
    places[path] = standingOf(made.entry);
    for (const [oid, object] of made.objects) objects.set(oid, object);
  }
  return { desired: { ...desired, places }, objects, files, edited, brought: [...brought, ...others] };
}

function isAt(place: string, path: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

/** The files that stood at a path. */
async function filesAt(main: Draft, path: string, { mode, oid }: Entry): Promise<File[]> {
  const bytes = (await main.fetch([oid])).get(oid)?.bytes ?? new Uint8Array();
  if (mode !== FOLDER) return [{ path, bytes, executable: mode === '100755' }];
  const inner = await each(readTree(bytes), (line) => filesAt(main, `${path}/${line.name}`, line));
  return inner.flat();
}

function treeAt(root: string, files: readonly File[]) {
  return treeOf(files.map((file) => ({ ...file, path: file.path.slice(root.length + 1) })));
}

function blobOf({ mode }: Entry, [file]: readonly File[]) {
  const blob: GitObject = { type: 'blob', bytes: file?.bytes ?? new Uint8Array() };
  const oid = oidOf(blob);
  return { entry: { mode, oid }, objects: new Map([[oid, blob]]) };
}
