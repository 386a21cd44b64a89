import type { ImageRule } from '../../../shared/config/config.ts';
import { type Places, placesOf, type Release, type UnitState } from '../../../shared/ledger/state.ts';
import { saysRelease, valueAt } from './value.ts';

/** What people did to the references of an image since its record was written. */
export interface SettledImage {
  readonly state: UnitState;
  /** References that a person set back to what an earlier release, or the time before gitferry, had there. */
  readonly takenBack: readonly string[];
}

/** A reference that was set back, and the last release that it does not take back: -1 for none. */
interface Origin {
  readonly place: string;
  readonly step: number;
  /** The release that it says; null for none. */
  readonly standing: Release | null;
}

/**
 * Reads an image's references as people left them. One that was set back takes back its policy: what was released since
 * is held, and the record becomes what that reference says. References that are gone say nothing. Pure.
 */
export function settleImage(image: ImageRule, state: UnitState, present: Places, now: string): SettledImage {
  const recorded = placesOf(state);
  const origins = Object.keys(recorded).flatMap((place): Origin | never[] => {
    const standing = present[place] ?? null;
    const isKept = (recorded[place] ?? null) !== null;
    return !isKept || standing === null || standing === recorded[place]
      ? []
      : (originOf(image, state, place, standing) ?? []);
  });
  if (origins.length === 0) return { state, takenBack: [] };

  const takenBack = origins.map(({ place }) => place);
  // Where they were set back to different releases, the earliest counts: nothing that came after it was wanted.
  const step = Math.min(...origins.map((origin) => origin.step));
  // What was adopted counts, too: a tag that was built again is what references say without an edit. What people went
  // back to does not: it was there before.
  const isNew = (content: Release['content'], at: number): boolean =>
    state.releases.findIndex((past) => past.content === content) === at;
  const undone = state.releases.filter(
    ({ release, reverts, content }, at) =>
      at > step && reverts === undefined && (release !== null || isNew(content, at)),
  );
  const held = new Set([...state.held, ...undone.flatMap(({ content }) => content ?? [])]);
  const said = new Set(origins.map((origin) => origin.standing?.content));
  const [agreed] = said.size === 1 ? said : [];
  if (agreed) held.delete(agreed);
  const earliest = origins.find((origin) => origin.step === step)?.standing;
  const standing = earliest?.content && !held.has(earliest.content) ? earliest : null;

  const latest = state.releases.at(-1) as Release;
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

/** Where a reference had this last; null where it never had. */
function originOf(image: ImageRule, { before, releases }: UnitState, place: string, standing: string): Origin | null {
  const value = valueAt(standing);
  const isSaid = (past: Release): boolean => value !== null && saysRelease(image, value, past);
  // What stood there before the rule let go of it is another story.
  const left = releases.findLastIndex(({ changed }) => changed[place] === null);
  const had = (past: Release, at: number): boolean => at > left && past.changed[place] === standing;
  // What people set back themselves counts as what they set it back to.
  const released = releases.findLastIndex((past, at) => had(past, at) && (past.release !== null || isSaid(past)));
  const stoodBefore = left === -1 && before[place] === standing;
  const put = released === -1 && !stoodBefore ? releases.findLastIndex(had) : released;
  if (put === -1 && !stoodBefore) return null;
  const step = put === -1 ? releases.findIndex(({ changed }) => place in changed) - 1 : put;
  const own = releases[put];
  return { place, step, standing: own !== undefined && isSaid(own) ? own : (releases.findLast(isSaid) ?? null) };
}
