import type { Config } from '../../../shared/config/config.ts';
import type { Ledger } from '../../../shared/ledger/ledger.ts';
import { isImage } from '../../../shared/ledger/place.ts';
import { placesOf, type Standing } from '../../../shared/ledger/state.ts';
import { mirrorOf } from '../../../shared/unit/unit.ts';

/** Whose a path is: the unit that holds it, and whether any rule still reaches that unit. */
export interface Owner {
  readonly unit: string;
  readonly standing: Standing;
  readonly orphan: boolean;
}

/**
 * Who holds which path, by the whole ledger. Read only when a unit meets something that is not its own, since it costs
 * as much as the ledger is large.
 */
export async function readOwners(ledger: Ledger, config: Config): Promise<ReadonlyMap<string, Owner>> {
  const reached = new Set(config.mirrors.map(({ name }) => name));
  const owners = new Map<string, Owner>();
  for (const state of await ledger.page(await ledger.shards())) {
    // References have their place inside files, whoever's these are.
    if (isImage(state.unit)) continue;
    const orphan = !reached.has(mirrorOf(state.unit).mirror);
    for (const [path, standing] of Object.entries(placesOf(state)))
      if (standing !== null) owners.set(path, { unit: state.unit, standing, orphan });
  }
  return owners;
}
