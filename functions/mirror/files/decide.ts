import type { Mirror } from '../../../shared/config/config.ts';
import type { Places, Release, Source, Standing, UnitState } from '../../../shared/ledger/state.ts';
import { placesOf, recordOf } from '../../../shared/ledger/state.ts';

/** What a unit should be now. `content` is the digest of what lands, `places` every path that it is to hold. */
export interface Desired {
  readonly version: string | null;
  readonly content: string;
  readonly places: Places;
  readonly root: string;
  readonly source: Source | null;
}

/** What may be said of a place that stands in the way: someone else's, or one that a person changed. */
export interface Obstacle {
  readonly reason:
    | 'PlaceEdited'
    | 'PlaceOccupied'
    | 'PlaceTaken'
    | 'PathBlocked'
    | 'ReferenceMissing'
    | 'ReferenceAmbiguous';
  readonly paths: readonly string[];
}

export type Decision =
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'wait'; readonly obstacle: Obstacle }
  /** `edits` is what the commit does; without any, only the ledger has something to learn. */
  | { readonly kind: 'land'; readonly edits: Places; readonly changed: Places };

/** How the repository looks to a unit: what stands at its paths, and what is on the way to them. */
export interface View {
  readonly present: Places;
  /** Paths that lead through something that is no folder. */
  readonly blocked: readonly string[];
  /** Paths where another unit's content stands, and whose it is. */
  readonly taken: ReadonlyMap<string, string>;
  /** What a unit that no rule reaches any more left behind, untouched: free to be taken over. */
  readonly inherited: Places;
  /** Whether two standings of a path are the same but for references to images. */
  readonly same: (path: string, a: Standing, b: Standing) => boolean;
}

/** Whether a unit's record already says what it should be. */
export function isRecorded(record: Release | null, desired: Desired, rule: string): boolean {
  return record !== null && record.content === desired.content && record.rule === rule;
}

/** Why there is nothing to decide, whatever stands in the repository; null where there is. */
export function isSettled(state: UnitState, desired: Desired, { digest }: Mirror): string | null {
  if (isRecorded(recordOf(state), desired, digest)) return 'it stands already';
  return state.held.includes(desired.content) ? 'its content is held' : null;
}

/** What has to change for `desired` to stand, against `from`. */
function difference(from: Places, desired: Places, owned: Places): Record<string, Standing> {
  const changes: Record<string, Standing> = {};
  for (const [path, standing] of Object.entries(desired))
    if ((from[path] ?? null) !== standing) changes[path] = standing;
  for (const path of Object.keys(owned))
    if (!(path in desired) && (owned[path] ?? null) !== null && (from[path] ?? null) !== null) changes[path] = null;
  return changes;
}

/**
 * Decides what becomes of one unit, given what it should be and how its places look. Pure: the same arguments always
 * give the same decision, and nothing but the arguments counts.
 */
export function decide(state: UnitState, desired: Desired, view: View, mirror: Mirror): Decision {
  const why = isSettled(state, desired, mirror);
  if (why !== null) return { kind: 'nothing', why };

  const recorded = placesOf(state);
  const edits = difference(view.present, desired.places, recorded);
  const touched = Object.keys(edits);

  const blocked = touched.filter((path) => view.blocked.includes(path));
  if (blocked.length > 0) return { kind: 'wait', obstacle: { reason: 'PathBlocked', paths: blocked } };
  const taken = touched.filter((path) => view.taken.has(path));
  if (taken.length > 0) return { kind: 'wait', obstacle: { reason: 'PlaceTaken', paths: taken } };

  const foreign = touched.filter(
    (path) => !view.same(path, view.present[path] ?? null, recorded[path] ?? view.inherited[path] ?? null),
  );
  if (foreign.length > 0 && mirror.onEdit === 'hold') {
    const reason = foreign.some((path) => path in recorded) ? 'PlaceEdited' : 'PlaceOccupied';
    return { kind: 'wait', obstacle: { reason, paths: foreign } };
  }
  return { kind: 'land', edits, changed: difference(recorded, desired.places, recorded) };
}
