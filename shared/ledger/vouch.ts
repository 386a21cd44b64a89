import { Stalled } from '../errors.ts';
import type { Identity } from '../git/commit.ts';
import { Draft } from '../git/draft.ts';
import type { Oid } from '../git/object.ts';
import type { Remote } from '../git/remote.ts';
import { renderMessage } from '../git/trailers.ts';
import type { Signer } from '../trust/signing.ts';
import { ledgerRef } from './ledger.ts';

/**
 * A person vouches for the ledger as it stands: one commit on it, signed by the present key, that changes nothing. It is
 * how a key is introduced, or follows another, without losing a hold. Throws Stalled.
 */
export async function vouch(
  remote: Remote,
  { deployment, branch }: { readonly deployment: string; readonly branch: string },
  identity: Identity,
  signer: Signer,
): Promise<Oid> {
  const ref = ledgerRef(deployment, branch);
  const from = (await remote.tips([ref])).get(ref);
  if (from === undefined)
    throw new Stalled('LedgerMissing', `${deployment} has no ledger of ${branch}.`, {
      hint: 'Check the names of deployment and branch; a lost ledger is written afresh by `gitferry ledger rebuild`.',
    });
  const draft = new Draft(remote, from, { byIds: true });
  await draft.open(['ledger.json']);
  const message = renderMessage('Vouch for the ledger as it stands', [], [['Gitferry-Vouched', from]]);
  const to = await draft.commit({ edits: new Map(), objects: new Map(), message, identity, signer });
  const { refused } = await remote.push([{ ref, from, to }], draft.added);
  if (refused.size > 0)
    throw new Stalled('PushRefused', `The server refused it: ${[...refused.values()].join('; ')}`, {
      hint: 'Someone was ahead, or may push where you may not: run it again.',
    });
  return to;
}
