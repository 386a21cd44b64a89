import type { Notice } from '../../shared/notice/bus.ts';
import { outcomesOf } from '../../shared/notice/outcome.ts';
import type { Batch } from './batch.ts';
import type { Deps } from './deps.ts';

/** Tells once more, under the same ids, what the ledger holds of these units: it may never have been told. */
export async function remind(units: readonly string[], batch: Batch, deps: Deps): Promise<void> {
  // A round that had nothing to decide of them has not read them.
  await batch.round.ledger.load(units);
  const told = new Set<unknown>(batch.events.map(({ id }) => id));
  const notices = new Map<unknown, Notice>();
  for (const unit of units)
    for (const notice of outcomesOf(deps, batch.state(unit)))
      notices.set(notice.detail.release ?? notice.detail.id, notice);
  for (const id of told) notices.delete(id);
  if (notices.size > 0) await deps.bus.put([...notices.values()]);
}
