import { isImage } from '../../../shared/ledger/place.ts';
import type { Release, UnitState } from '../../../shared/ledger/state.ts';

/**
 * Which release a unit goes back to when the one at `failed` is taken back: the latest delivered content that is not
 * held, else the latest one before it that is not held. An index of `releases`; -1 is what stood before gitferry. Pure.
 */
export function targetOf(state: UnitState, failed: number): number {
  if (isMove(state, failed)) return failed - 1;
  const { releases, held } = state;
  const lost = new Set([...held, releases[failed]?.content]);
  const isUsable = ({ content }: Release): boolean => content !== null && !lost.has(content);
  const earlier = releases.slice(0, failed);
  const delivered = earlier.findLastIndex((past) => past.verdict === 'delivered' && isUsable(past));
  const found = delivered === -1 ? earlier.findLastIndex(isUsable) : delivered;
  if (found === -1) return -1;
  // What became known of its references since belongs to it.
  const isNote = (at: number): boolean =>
    earlier[at]?.release === null && earlier[at].content === earlier[found]?.content;
  let last = found;
  while (isNote(last + 1)) last += 1;
  return last;
}

/**
 * Whether a release of files is guilty of nothing but its place: what it brought was delivered where it stood before. Then
 * it goes back there, and its content is not held.
 */
export function isMove({ unit, releases, held }: UnitState, index: number): boolean {
  const content = releases[index]?.content ?? null;
  if (isImage(unit) || content === null || held.includes(content)) return false;
  const before = releases.slice(0, index);
  const last = before.findLastIndex(({ release }) => release !== null);
  return before[last]?.verdict === 'delivered' && before.slice(last).every((past) => past.content === content);
}

/**
 * Whether the release at an index is still what its unit is: nothing newer landed, and no person set it back. What was
 * noted of its references since does not count.
 */
export function isStanding({ releases }: UnitState, index: number): boolean {
  const { content } = releases[index] ?? { content: null };
  return releases.slice(index + 1).every((later) => later.release === null && later.content === content);
}

/** The paths that people set back since the release at an index; null where something else became of all of it. */
export function leftSince({ releases }: UnitState, index: number): ReadonlySet<string> | null {
  const { content } = releases[index] ?? { content: null };
  const later = releases.slice(index + 1).filter((past) => past.release !== null || past.content !== content);
  if (later.some((past) => past.release !== null || past.content !== null)) return null;
  return new Set(later.flatMap(({ changed }) => Object.keys(changed)));
}
