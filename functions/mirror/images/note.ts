import type { ImageRule } from '../../../shared/config/config.ts';
import { fileOf } from '../../../shared/ledger/place.ts';
import {
  type Places,
  placesOf,
  type Release,
  recordOf,
  type UnitState,
  unreleased,
  withRelease,
} from '../../../shared/ledger/state.ts';
import type { Batch } from '../batch.ts';

/** A reference that a file brought, or took along from another path. */
export interface Brought {
  readonly policy: string;
  readonly place: string;
  /** What it says. */
  readonly standing: string;
  /** Its place before, null for one that is new. */
  readonly from: string | null;
}

/** Lets policies know which references files brought, and where others went, so that what people do to them is noticed. */
export function noteReferences(batch: Batch, brought: readonly Brought[]): void {
  const at = batch.now.toISOString();
  for (const [policy, own] of Map.groupBy(brought, (one) => one.policy)) {
    const before = batch.state(policy);
    if (recordOf(before) === null) continue;
    let state = before;
    for (const { from, place } of own) if (from !== null) state = movedTo(state, from, place);
    const recorded = placesOf(state);
    const unknown = own.filter(({ from, place, standing }) =>
      from === null ? recorded[place] !== standing : !(place in recorded),
    );
    state = noted(state, Object.fromEntries(unknown.map(({ place, standing }) => [place, standing])), at);
    if (state !== before) batch.put(state);
  }
}

/** The state that knows what these references say now; its record stays what it is. */
export function noted(state: UnitState, changed: Places, at: string): UnitState {
  const record = recordOf(state);
  if (record === null || Object.keys(changed).length === 0) return state;
  const next: Release = { ...unreleased(record), changed, publisher: null, at };
  return { ...withRelease(state, next, changed), waiting: state.waiting };
}

/** The state without references in files that the rule does not mean any more: what comes there is nobody's. */
export function withoutUncovered({ references, now }: Batch, image: ImageRule, state: UnitState): UnitState {
  const gone = Object.entries(placesOf(state)).filter(
    ([place, standing]) => standing !== null && !references.covering(fileOf(place)).includes(image),
  );
  return noted(state, Object.fromEntries(gone.map(([place]) => [place, null])), now.toISOString());
}

/** The state in which a reference has its past at another place, too. */
function movedTo(state: UnitState, from: string, place: string): UnitState {
  const copied = <T>(places: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    from in places ? { ...places, [place]: places[from] as T } : places;
  const releases = state.releases.map((release) => ({ ...release, changed: copied(release.changed) }));
  return from in placesOf(state) ? { ...state, before: copied(state.before), releases } : state;
}
