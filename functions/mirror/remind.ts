import type { LedgerEvent } from '../../shared/ledger/event.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import { outcomesOf } from '../../shared/notice/outcome.ts';
import type { Batch } from './batch.ts';
import type { Deps } from './deps.ts';
import type { Delivery } from './mirror.ts';

/** Units whose outcomes may never have been told, and releases of theirs that were spoken of. */
export interface Untold {
  readonly units: readonly string[];
  readonly releases: readonly string[];
}

/** What was asked for before, or answered by a push whose own answer got lost: an invocation may have ended before it told. */
export function untoldOf(deliveries: readonly Delivery[], lost: boolean): Untold {
  const requests = deliveries.flatMap(({ change, again }) => ('unit' in change && (again || lost) ? [change] : []));
  return {
    units: requests.map(({ unit }) => unit),
    releases: requests.flatMap((change) => ('release' in change ? [change.release] : [])),
  };
}

/** Tells once more, under the same ids, what the ledger holds of these units: it may never have been told. */
export async function remind({ units, releases }: Untold, batch: Batch, deps: Deps): Promise<void> {
  if (units.length === 0) return;
  const asked = new Set(releases);
  // A round that had nothing to decide of them has not read them.
  await batch.round.ledger.load(units);
  const told = new Set(batch.events.map(eventKey));
  const notices = new Map<string, Notice>();
  for (const unit of units)
    for (const notice of outcomesOf(deps, batch.state(unit), asked)) notices.set(keyOf(notice), notice);
  for (const key of told) notices.delete(key);
  if (notices.size > 0) await deps.bus.put([...notices.values()]);
}

/** What is told once: a release and its verdict for each of its units, anything else by its id, which units may share. */
function keyOf({ type, detail }: Notice): string {
  return type === 'Landed' || type === 'Verdict' ? `${type} ${detail.release} ${detail.unit}` : `${detail.id}`;
}

function eventKey(event: LedgerEvent): string {
  if (event.type === 'landed') return `Landed ${event.id} ${event.unit}`;
  return event.type === 'verdict' ? `Verdict ${event.release} ${event.unit}` : event.id;
}
