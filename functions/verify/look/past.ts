import { Draft } from '../../../shared/git/draft.ts';
import type { Remote } from '../../../shared/git/remote.ts';
import { Ledger, ledgerRef } from '../../../shared/ledger/ledger.ts';
import { recordOf, type UnitState } from '../../../shared/ledger/state.ts';
import type { Landed } from '../../../shared/notice/landed.ts';
import type { Past } from '../facts.ts';

/** What the ledger said of the unit, and at which tip. */
export interface Known {
  readonly tip: string | null;
  readonly past: Past;
}

const UNKNOWN: Past = { verdict: null, superseded: false, delivered: false, sameVersion: false };

/** Reads it again only when the ledger has moved: one small request else. Throws what Git throws. */
export async function readPast(remote: Remote, landed: Landed, known: Known | null): Promise<Known> {
  const ref = ledgerRef(landed.deployment, landed.branch);
  const tip = (await remote.tips([ref])).get(ref) ?? null;
  if (known !== null && known.tip === tip) return known;
  const ledger = new Ledger(new Draft(remote, tip, { byIds: true }));
  await ledger.load([landed.unit]);
  return { tip, past: pastOf(ledger.state(landed.unit), landed) };
}

/** What a unit's state says of one of its releases. */
export function pastOf(state: UnitState | null, { release }: Pick<Landed, 'release'>): Past {
  if (state === null) return UNKNOWN;
  const index = state.releases.findIndex((one) => one.release === release);
  // Long ago, it was folded into others.
  if (index === -1) return { ...UNKNOWN, superseded: state.releases.length > 0 };
  const made = state.releases[index];
  const before = state.releases[index - 1];
  return {
    verdict: made?.verdict ?? null,
    superseded: recordOf(state)?.release !== release,
    delivered: before?.verdict === 'delivered',
    sameVersion: before?.version != null && before.version === made?.version && before.content !== made.content,
  };
}
