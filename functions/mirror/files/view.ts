import { isArchive } from '../../../shared/artifact/archive.ts';
import type { Draft } from '../../../shared/git/draft.ts';
import { FOLDER } from '../../../shared/git/tree.ts';
import { type Places, standingOf } from '../../../shared/ledger/state.ts';
import type { Unit } from '../../../shared/unit/unit.ts';
import type { View } from './decide.ts';
import type { Owner } from './owners.ts';

/** Whether a unit says nothing of executable bits: an object of a bucket has none, so its file keeps what it has. */
export function keepsModes({ mirror, name }: Unit): boolean {
  return mirror.place.kind === 'files' && !isArchive(name);
}

/** What stands at these opened paths, as far as the unit can tell it apart. */
export function presentAt(main: Draft, unit: Unit, paths: readonly string[]): Places {
  const blind = keepsModes(unit);
  return Object.fromEntries(
    paths.map((path) => {
      const entry = main.entry(path);
      return [path, standingOf(blind && entry?.mode === '100755' ? { ...entry, mode: '100644' } : entry)];
    }),
  );
}

/** Whether a folder holds nothing but what the unit holds, so that a file of the unit may take its place. */
function isEmptied(main: Draft, folder: string, recorded: Places): boolean {
  if (!Object.keys(recorded).some((path) => path.startsWith(`${folder}/`))) return false;
  return [...main.list(folder).keys()].every((name) => {
    const path = `${folder}/${name}`;
    return (recorded[path] ?? null) !== null || isEmptied(main, path, recorded);
  });
}

/** How the repository looks to a unit that wants these paths. `recorded`: what the unit holds already. */
export async function viewOf(
  main: Draft,
  unit: Unit,
  paths: readonly string[],
  recorded: Places,
  readOwners: () => Promise<ReadonlyMap<string, Owner>>,
  same: View['same'],
): Promise<View> {
  const found = presentAt(main, unit, paths);
  const emptied = paths.filter((path) => main.entry(path)?.mode === FOLDER && isEmptied(main, path, recorded));
  const present = { ...found, ...Object.fromEntries(emptied.map((path) => [path, null])) };
  const blocked = paths.filter((path) => {
    const blocker = main.blocker(path);
    // What the unit holds itself makes way.
    return blocker !== null && (recorded[blocker] ?? null) === null;
  });
  const strange = paths.filter((path) => present[path] !== null && (recorded[path] ?? null) === null);
  const owners = strange.length === 0 ? new Map<string, Owner>() : await readOwners();
  const taken = new Map<string, string>();
  const inherited: Record<string, string | null> = {};
  for (const path of strange) {
    const owner = owners.get(path);
    if (owner === undefined || owner.unit === unit.id) continue;
    if (owner.orphan && owner.standing === present[path]) inherited[path] = owner.standing;
    else if (!owner.orphan) taken.set(path, owner.unit);
  }
  return { present, blocked, taken, inherited, same };
}
