import { type Places, placesAt, placesOf, type Release, type UnitState } from '../../../shared/ledger/state.ts';

/** What people did to the references of an image since its record was written. */
export interface SettledImage {
  readonly state: UnitState;
  /** References that a person set back to what an earlier release, or the time before gitferry, had there. */
  readonly takenBack: readonly string[];
}

/**
 * Reads an image's references as people left them. One that was set back takes back its policy: what was released since
 * is held, and the record becomes what that reference says. References that are gone say nothing. Pure.
 */
export function settleImage(state: UnitState, present: Places, now: string): SettledImage {
  const recorded = placesOf(state);
  const last = state.releases.length - 1;
  const origins = Object.keys(recorded).flatMap((place): (readonly [place: string, step: number])[] => {
    const standing = present[place] ?? null;
    if (standing === null || standing === recorded[place]) return [];
    for (let step = last - 1; step >= -1; step -= 1)
      if (placesAt(state, step)[place] === standing) return [[place, step]];
    return [];
  });
  if (origins.length === 0) return { state, takenBack: [] };

  const takenBack = origins.map(([place]) => place);
  // Where they were set back to different releases, the earliest counts: nothing that came after it was wanted.
  const step = Math.min(...origins.map(([, origin]) => origin));
  const standing = state.releases[step];
  const undone = state.releases.slice(step + 1).filter(({ release }) => release !== null);
  const held = new Set([...state.held, ...undone.flatMap(({ content }) => content ?? [])]);
  if (standing?.content) held.delete(standing.content);

  const latest = state.releases[last] as Release;
  const record: Release = {
    release: null,
    version: standing?.version ?? null,
    content: standing?.content ?? null,
    rule: latest.rule,
    changed: Object.fromEntries(takenBack.map((place) => [place, present[place] ?? null])),
    root: '',
    source: standing?.source ?? null,
    publisher: null,
    summary: '',
    commit: null,
    at: now,
    verdict: null,
  };
  return { state: { ...state, releases: [...state.releases, record], held: [...held] }, takenBack };
}
