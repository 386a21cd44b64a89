import type { Places, Release, Standing, UnitState } from '../../../shared/ledger/state.ts';
import { placesAt, placesOf } from '../../../shared/ledger/state.ts';
import type { View } from './decide.ts';

function identical(_path: string, a: Standing, b: Standing): boolean {
  return a === b;
}

/** What people did to a unit's places since its record was written. */
export interface Settled {
  readonly state: UnitState;
  /** Paths that a person set back to what an earlier release, or the time before gitferry, had there. */
  readonly takenBack: readonly string[];
  /** Paths that hold something gitferry never put there. */
  readonly edited: readonly string[];
}

/**
 * Reads a unit's places as a person left them. What was taken back is held and becomes the record; what was edited is
 * named, and left to the decision. `same` tells whether two standings differ at all. Pure.
 */
export function settle(state: UnitState, present: Places, now: string, same: View['same'] = identical): Settled {
  const recorded = placesOf(state);
  const differing = Object.keys(recorded).filter((path) => !same(path, present[path] ?? null, recorded[path] ?? null));
  if (differing.length === 0) return { state, takenBack: [], edited: [] };

  const last = state.releases.length - 1;
  const history = Array.from({ length: last + 1 }, (_, step) => placesAt(state, last - 1 - step));
  /** The newest release before the record that left this at the path; -1 for the time before gitferry, null for none. */
  const since = (path: string, standing: Standing | undefined): number | null => {
    const step = history.findIndex((places) => path in places && same(path, places[path] ?? null, standing ?? null));
    return step === -1 ? null : last - 1 - step;
  };

  const origins = new Map(differing.map((path) => [path, since(path, present[path])]));
  const takenBack = differing.filter((path) => origins.get(path) !== null);
  const edited = differing.filter((path) => origins.get(path) === null);
  if (takenBack.length === 0) return { state, takenBack, edited };

  // Where all paths agree on one release, they go back to that one together; else each goes back by itself.
  const step = history.findIndex((places) =>
    Object.keys(recorded).every((path) => path in places && same(path, places[path] ?? null, present[path] ?? null)),
  );
  const back = (path: string): number => (step === -1 ? (origins.get(path) ?? last) : last - 1 - step);
  const undone = state.releases.filter(
    // What a revert set back was there before: whoever takes the revert back means what had failed.
    ({ release, reverts, changed }, index) =>
      release !== null && reverts === undefined && takenBack.some((path) => path in changed && index > back(path)),
  );
  const standing = step === -1 ? undefined : state.releases[last - 1 - step];
  const held = new Set([...state.held, ...undone.flatMap(({ content }) => content ?? [])]);
  if (standing?.content) held.delete(standing.content);

  const latest = state.releases[last] as Release;
  const record: Release = {
    release: null,
    version: standing?.version ?? null,
    content: standing?.content ?? null,
    // Whoever took a move back took back what the rule did: it is not done again until the rule or the content is new.
    rule: latest.rule,
    changed: Object.fromEntries(takenBack.map((path) => [path, present[path] ?? null])),
    root: standing?.root ?? latest.root,
    source: standing?.source ?? null,
    publisher: null,
    summary: '',
    commit: null,
    at: now,
    verdict: null,
  };
  return { state: { ...state, releases: [...state.releases, record], held: [...held] }, takenBack, edited };
}
