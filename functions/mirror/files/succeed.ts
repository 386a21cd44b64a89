import { placesOf, recordOf, relinquished, type UnitState } from '../../../shared/ledger/state.ts';
import { mirrorOf, rootOf, type Unit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { held, tallied, tallyOf } from './removals.ts';

/**
 * A mirror that was renamed, or that reads from another bucket now, goes on where the old one was: its units take over
 * the records of those that bore their names and stood at their places, holds included.
 */
export async function succeed(batch: Batch, units: readonly Unit[]): Promise<void> {
  const { ledger, head } = batch.round;
  const reached = new Set(
    [...batch.config.mirrors, ...batch.config.images, ...batch.config.releases].map(({ name }) => name),
  );
  if (Object.keys(head.mirrors).every((name) => reached.has(name))) return;
  const newcomers = units.filter(({ id }) => ledger.state(id) === null);
  if (newcomers.length === 0) return;
  const states = await ledger.page(await ledger.shards());
  const orphans = Map.groupBy(
    states.filter(({ unit }) => !reached.has(mirrorOf(unit).mirror)),
    ({ unit }) => mirrorOf(unit).name,
  );
  for (const unit of newcomers) {
    const before = orphans.get(unit.name)?.find((state) => stoodAt(unit, state));
    if (before === undefined) continue;
    batch.put({ ...before, unit: unit.id });
    batch.put(relinquished(before, Object.keys(placesOf(before)), batch.now.toISOString()));
    const tally = tallied(tallyOf(batch.head, unit.mirror), { places: held(before), removed: 0 }, batch.now);
    batch.head = { ...batch.head, mirrors: { ...batch.head.mirrors, [unit.mirror.name]: tally } };
  }
}

/** Whether a record's place is where the present rule would have it. */
function stoodAt(unit: Unit, state: UnitState): boolean {
  const record = recordOf(state);
  return record !== null && record.root === rootOf(unit, record.version ?? '');
}
