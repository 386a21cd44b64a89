import { objectOf, type UnitState } from '../ledger/state.ts';
import type { ObjectInfo } from '../source/bucket.ts';
import type { ReleaseUnit } from './unit.ts';

/** The reason that a unit remembers of a content which a rejected release file named: it does not land by itself. */
export const RELEASE_REJECTED = 'ReleaseRejected';

/** Whether a release file, as the bucket holds it, landed or was turned away; uploaded again it is looked at again. */
export function isDecided(state: UnitState | null, { rule }: ReleaseUnit, { etag, modified }: ObjectInfo): boolean {
  if (state === null) return false;
  return (
    state.releases.some(({ source }) => objectOf(source)?.etag === etag) ||
    Object.values(state.rejected).some(
      ({ rule: by, source }) =>
        by === rule && objectOf(source)?.etag === etag && !isLater(modified, objectOf(source)?.modified),
    )
  );
}

/** By the second: that is how exact the time of an object is that was read, and not only listed. */
function isLater(time: string, than = time): boolean {
  const seconds = (one: string): number => Math.floor(Date.parse(one) / 1000);
  return seconds(time) > seconds(than);
}
