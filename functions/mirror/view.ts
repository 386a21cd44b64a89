import { isArchive } from '../../shared/artifact/archive.ts';
import type { Draft } from '../../shared/git/draft.ts';
import { type Places, standingOf } from '../../shared/ledger/state.ts';
import type { Unit } from '../../shared/unit/unit.ts';
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

/** How the repository looks to a unit that wants these paths. `recorded`: what the unit holds already. */
export async function viewOf(
  main: Draft,
  unit: Unit,
  paths: readonly string[],
  recorded: Places,
  readOwners: () => Promise<ReadonlyMap<string, Owner>>,
): Promise<View> {
  const present = presentAt(main, unit, paths);
  const blocked = paths.filter((path) => {
    const blocker = main.blocker(path);
    return blocker !== null && !(blocker in recorded);
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
  return { present, blocked, taken, inherited };
}
