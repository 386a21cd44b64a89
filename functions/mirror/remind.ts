import { outcomesOf } from '../../shared/notice/outcome.ts';
import type { Batch } from './batch.ts';
import type { Deps } from './deps.ts';

/** Tells once more, under the same ids, what the ledger holds of these units: it may never have been told. */
export async function remind(units: ReadonlySet<string>, batch: Batch, deps: Deps): Promise<void> {
  const told = new Set<unknown>(batch.events.map(({ id }) => id));
  const notices = [...units]
    .flatMap((unit) => outcomesOf(deps, batch.state(unit)))
    .filter(({ detail }) => !told.has(detail.release ?? detail.id));
  if (notices.length > 0) await deps.bus.put(notices);
}
