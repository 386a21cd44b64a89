import { decodeTime } from 'ulid';
import { objectOf, REMOVED, recordOf, type UnitState } from '../../../shared/ledger/state.ts';
import { type Candidate, isGone } from '../../../shared/unit/choose.ts';

const DAY = 24 * 60 * 60 * 1000;

/**
 * The refusals of a unit that speak of nothing any more: of objects that are gone, and of a removal whose object is
 * there again or that was refused more than a day ago. They are forgotten, so that what comes anew is judged anew.
 */
export function lapsed(state: UnitState, candidates: readonly Candidate[], now: Date): string[] {
  const there = new Set(candidates.map(({ key }) => key));
  return Object.entries(state.rejected).flatMap(([content, { id, source }]) => {
    const key = objectOf(source)?.key;
    if (content !== REMOVED) return key !== undefined && !there.has(key) ? [content] : [];
    const old = now.getTime() - decodeTime(id) >= DAY;
    return old || !isGone(recordOf(state), candidates) ? [content] : [];
  });
}
