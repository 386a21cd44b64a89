import type { Mirror } from '../../../shared/config/config.ts';
import { Rejected } from '../../../shared/errors.ts';
import type { LedgerHead } from '../../../shared/ledger/ledger.ts';
import { placesOf, type UnitState } from '../../../shared/ledger/state.ts';

type Tally = LedgerHead['mirrors'][string];

const DAY = 24 * 60 * 60 * 1000;

export function tallyOf(head: LedgerHead, { name }: Pick<Mirror, 'name'>): Tally {
  return head.mirrors[name] ?? { rule: '', places: 0, removals: [] };
}

/** How many places a unit holds. */
export function held(state: UnitState): number {
  return Object.values(placesOf(state)).filter((standing) => standing !== null).length;
}

/**
 * Someone who empties a bucket by mistake must not empty the cluster: more removals within a day than the mirror
 * allows are refused, all that were asked for together. Returns null where they are allowed.
 */
export function refuseRemovals(mirror: Mirror, { places, removals }: Tally, asked: number, now: Date): Rejected | null {
  const recent = removals
    .filter(({ at }) => now.getTime() - Date.parse(at) < DAY)
    .reduce((sum, removal) => sum + removal.places, 0);
  const { share, atLeast } = mirror.removals;
  const total = recent + asked;
  if (total < atLeast || total <= share * (places + recent)) return null;
  return new Rejected(
    'TooManyRemovals',
    `${total} of ${places + recent} places of ${mirror.name} would be gone within a day.`,
    {
      hint: 'If that is meant, raise `removals` of the mirror; else put the objects back.',
      facts: { asked, recent, places, share, atLeast },
    },
  );
}

/** The tally after a release: removals of the last day only, so that it does not grow. */
export function tallied(tally: Tally, change: { readonly places: number; readonly removed: number }, now: Date): Tally {
  const removals = tally.removals.filter(({ at }) => now.getTime() - Date.parse(at) < DAY);
  return {
    rule: tally.rule,
    places: tally.places + change.places,
    removals: change.removed === 0 ? removals : [...removals, { at: now.toISOString(), places: change.removed }],
  };
}
