import { placeOf } from '../../../shared/ledger/place.ts';
import { entryOf, placesOf, recordOf, type Standing } from '../../../shared/ledger/state.ts';
import type { Unit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { settleThere } from '../images/carry.ts';
import type { Brought } from '../images/note.ts';
import { standingOf as valueText } from '../images/value.ts';
import type { Desired } from './decide.ts';
import type { Fitted } from './fit.ts';
import { moved } from './judge.ts';
import { isAt, type Reset, restored } from './restore.ts';
import { presentAt } from './view.ts';

/** Something that was released, and is to stand again where a person changed it. */
interface Moved extends Reset {
  readonly from: string;
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
  const resets: Moved[] = [];
  for (const [from, standing] of Object.entries(recorded)) {
    const [now, path, entry] = [present[from] ?? null, moved(from, root, desired.root), entryOf(standing)];
    if (entry === null || places[path] !== standing || now === standing) continue;
    if (batch.masks.same(from, now, standing)) places[path] = now;
    else resets.push({ from, path, entry });
  }
  if (resets.length === 0)
    return { desired: { ...desired, places }, objects: new Map(), files: [], edited: [], brought };

  const stood = before.filter((path) => resets.some(({ from }) => isAt(from, path)));
  const back = await restored(batch, resets, stood);
  Object.assign(places, back.places);
  const { objects, files, edited } = back;
  return { desired: { ...desired, places }, objects, files, edited, brought: [...brought, ...back.brought] };
}
