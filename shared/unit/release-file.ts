import { objectOf, type UnitState } from '../ledger/state.ts';
import type { ObjectInfo } from '../source/bucket.ts';
import type { ReleaseUnit } from './unit.ts';

/** The reason that a unit remembers of a content which a rejected release file named: it does not land by itself. */
export const RELEASE_REJECTED = 'ReleaseRejected';

/** Whether a release file, as the bucket holds it, landed or was turned away. */
export function isDecided(state: UnitState | null, { rule }: ReleaseUnit, { etag }: ObjectInfo): boolean {
  if (state === null) return false;
  return (
    state.releases.some(({ source }) => objectOf(source)?.etag === etag) ||
    Object.values(state.rejected).some((past) => past.rule === rule && objectOf(past.source)?.etag === etag)
  );
}
