import { Stalled } from '../errors.ts';
import type { Identity } from '../git/commit.ts';
import { Draft } from '../git/draft.ts';
import type { Oid } from '../git/object.ts';
import type { Remote } from '../git/remote.ts';
import { renderMessage } from '../git/trailers.ts';
import type { Signer } from '../trust/signing.ts';
import { Ledger, type LedgerHead, ledgerRef } from './ledger.ts';
import { emptyState, LEDGER_SCHEMA, placesOf, type UnitState, withRelease } from './state.ts';
import { isOurs, type Recorded, readRecords } from './trailer.ts';

/** What a rebuild works on. `identity` makes the ledger's commit; without a signer its address tells our commits. */
export interface Rebuild {
  readonly remote: Remote;
  readonly deployment: string;
  readonly branch: string;
  readonly identity: Identity;
  readonly signer: Signer | null;
  /** Whether our address alone is enough, whatever the signature: for releases of the time before this key. */
  readonly trustAuthor: boolean;
  /** The mirror that a unit belongs to, by its id. */
  readonly mirrorOf: (unit: string) => string;
}

export interface Rebuilt {
  readonly releases: number;
  readonly units: number;
  /** The new ledger's tip, and where the old one is kept; null when there was none. */
  readonly tip: Oid;
  readonly kept: string | null;
}

/**
 * Writes the ledger afresh from the releases on the branch, counting only commits of ours. An old ledger is kept under
 * another name. All rules are looked at anew by the next landing. Throws Stalled.
 */
export async function rebuild(work: Rebuild): Promise<Rebuilt> {
  const { remote, deployment, branch, identity, signer, trustAuthor, mirrorOf } = work;
  const mainRef = `refs/heads/${branch}`;
  const ref = ledgerRef(deployment, branch);
  const tips = await remote.tips([mainRef, ref]);
  const mainTip = tips.get(mainRef);
  const old = tips.get(ref) ?? null;
  if (mainTip === undefined) throw new Stalled('BranchMissing', `The repository has no branch ${branch}.`);

  const records: Recorded[] = [];
  for await (const { oid, commit } of remote.log(mainTip, null)) {
    const found = readRecords(oid, commit, deployment);
    if (found.length === 0) continue;
    const byAddress = trustAuthor && (await isOurs(commit, null, identity.email));
    if (byAddress || (await isOurs(commit, signer, identity.email))) records.unshift(...found);
  }
  const states = fold(records);
  const draft = new Draft(remote, null);
  const ledger = new Ledger(draft);
  for (const state of states.values()) ledger.put(state);
  const tip = await ledger.write({
    head: headOf({ deployment, branch, recorded: mainTip }, states, mirrorOf),
    events: [],
    message: renderMessage(
      `Rebuild the ledger from ${records.length} releases`,
      [],
      [['Gitferry-Branch', `${branch} ${mainTip}`]],
    ),
    identity,
    signer,
  });

  const kept = old === null ? null : `refs/heads/gitferry-ledger-replaced/${deployment}/${branch}/${old.slice(0, 12)}`;
  const moves = [
    ...(old === null || kept === null || (await remote.tips([kept])).has(kept)
      ? []
      : [{ ref: kept, from: null, to: old }]),
    { ref, from: old, to: tip },
  ];
  const { refused } = await remote.push(moves, draft.added);
  const words = [...refused.values()].join('; ');
  if (refused.size > 0) throw new Stalled('PushRefused', `The server refused the rebuilt ledger: ${words}`);
  return { releases: records.length, units: states.size, tip, kept };
}

/** The states that releases lead to, oldest first. Each names all that was held when it landed. */
function fold(records: readonly Recorded[]): ReadonlyMap<string, UnitState> {
  const states = new Map<string, UnitState>();
  for (const { unit, release, before, held } of records) {
    const state = withRelease(states.get(unit) ?? emptyState(unit), release, before);
    states.set(unit, { ...state, held: [...held] });
  }
  return states;
}

function headOf(
  about: Pick<LedgerHead, 'deployment' | 'branch' | 'recorded'>,
  states: ReadonlyMap<string, UnitState>,
  mirrorOf: (unit: string) => string,
): LedgerHead {
  const mirrors: LedgerHead['mirrors'] = {};
  for (const state of states.values()) {
    const name = mirrorOf(state.unit);
    const places = Object.values(placesOf(state)).filter((standing) => standing !== null).length;
    mirrors[name] = { rule: '', places: (mirrors[name]?.places ?? 0) + places, removals: [] };
  }
  return { schema: LEDGER_SCHEMA, ...about, config: null, fault: null, mirrors };
}
