import { createHash } from 'node:crypto';
import type { Config } from '../../shared/config/config.ts';
import { parseConfig } from '../../shared/config/parse.ts';
import { Rejected, Stalled } from '../../shared/errors.ts';
import { parseCommit } from '../../shared/git/commit.ts';
import { Draft } from '../../shared/git/draft.ts';
import type { Oid } from '../../shared/git/object.ts';
import { Ledger, type LedgerHead, ledgerRef } from '../../shared/ledger/ledger.ts';
import { absorb, isOurs, type Recorded, readRecords } from '../../shared/ledger/trailer.ts';
import type { Signer } from '../../shared/trust/signing.ts';
import type { Deps } from './deps.ts';

export const CONFIG_PATH = 'gitferry.yaml';

/** The repository as one attempt finds it: both tips read now, the rules on the branch, and the ledger. */
export interface Round {
  readonly main: Draft;
  readonly ledger: Ledger;
  readonly ledgerDraft: Draft;
  readonly head: LedgerHead;
  readonly configOid: Oid | null;
  /** The rules, or why they can't be used. */
  readonly config: Config | Rejected;
  /** Releases that the ledger had missed and now knows. */
  readonly absorbed: readonly Recorded[];
  readonly signer: Signer | null;
}

/** Parsed rules by blob id: the same file is not parsed twice by one process. */
const parsed = new Map<Oid, Config | Rejected>();

export function readConfig(oid: Oid, bytes: Uint8Array): Config | Rejected {
  const known = parsed.get(oid);
  if (known !== undefined) return known;
  let config: Config | Rejected;
  try {
    config = parseConfig(bytes);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    config = error;
  }
  parsed.clear();
  parsed.set(oid, config);
  return config;
}

/** What stands for the present rules in the ledger's `fault`: it changes when other faults take their place. */
export function faultOf(error: Rejected): string {
  return createHash('sha256').update(`${error.reason}\n${error.message}`).digest('hex');
}

/** Reads both tips, then all that every decision of this attempt rests on. Throws Stalled for a ledger that is not ours. */
export async function openRound(deps: Deps): Promise<Round> {
  const { remote, deployment, branch } = deps;
  const signer = await deps.signer();
  const mainRef = `refs/heads/${branch}`;
  const tips = await remote.tips([mainRef, ledgerRef(deployment, branch)]);
  const mainTip = tips.get(mainRef);
  if (mainTip === undefined)
    throw new Stalled('BranchMissing', `The repository has no branch ${branch}.`, {
      hint: 'Push the branch that the sync agent follows, or correct the parameter `branch`.',
    });
  const ledgerTip = tips.get(ledgerRef(deployment, branch)) ?? null;

  const main = new Draft(remote, mainTip);
  const ledgerDraft = new Draft(remote, ledgerTip, { byIds: true });
  const ledger = new Ledger(ledgerDraft);
  await Promise.all([main.open([CONFIG_PATH]), ledgerDraft.open(['ledger.json'])]);
  // What is asked for in the same turn shares one request; the folder of units is needed next.
  const [rules, head] = await Promise.all([
    main.read([CONFIG_PATH]),
    ledger.head(deployment, branch),
    ledgerDraft.open(['units/-']),
  ]);

  if (ledgerTip === null) await refuseLostLedger(deps, mainTip);
  else if (signer !== null) await refuseForeignLedger(signer, ledgerDraft, ledgerTip);

  const entry = main.entry(CONFIG_PATH);
  const bytes = rules.get(CONFIG_PATH);
  const config =
    entry === null || bytes === undefined
      ? new Rejected('ConfigMissing', `There is no ${CONFIG_PATH} at the root of ${branch}.`, {
          hint: 'Commit one: `docs/configuration.md` tells what it says.',
        })
      : readConfig(entry.oid, bytes);
  const sound = ledgerTip !== null && !(config instanceof Rejected);
  const absorbed = sound ? await absorbMissed(deps, ledger, head, mainTip, config.author.email, signer) : [];
  return { main, ledger, ledgerDraft, head, configOid: entry?.oid ?? null, config, absorbed, signer };
}

/** A ledger that is not there is a new one only if the branch holds no release of this deployment. */
async function refuseLostLedger({ remote, deployment }: Deps, mainTip: Oid): Promise<void> {
  for await (const { oid, commit } of remote.log(mainTip, null))
    if (readRecords(oid, commit, deployment).length > 0)
      throw new Stalled(
        'LedgerMissing',
        `The ledger of ${deployment} is gone, though ${oid.slice(0, 10)} is its release.`,
        {
          hint: 'Restore the branch gitferry-ledger/… from a clone, or run `gitferry ledger rebuild`.',
        },
      );
}

async function refuseForeignLedger(signer: Signer, draft: Draft, tip: Oid): Promise<void> {
  if (!(await isOurs(parseCommit(draft.object(tip)), signer, '')))
    throw new Stalled('LedgerForged', `The ledger's tip ${tip.slice(0, 10)} is not signed by our key.`, {
      hint: 'Find out who pushed it; then restore the branch, or run `gitferry ledger rebuild`.',
    });
}

/** Takes in releases that are on the branch and not in the ledger: a server without `atomic` can part the two. */
export async function absorbMissed(
  deps: Deps,
  ledger: Ledger,
  head: LedgerHead,
  mainTip: Oid,
  email: string,
  signer: Signer | null,
): Promise<readonly Recorded[]> {
  if (head.recorded === mainTip) return [];
  const found: Recorded[] = [];
  for await (const { oid, commit } of deps.remote.log(mainTip, head.recorded)) {
    const records = readRecords(oid, commit, deps.deployment);
    if (records.length > 0 && (await isOurs(commit, signer, email))) found.unshift(...records);
  }
  await ledger.load(found.map(({ unit }) => unit));
  return found.filter((record) => {
    const known = ledger.state(record.unit);
    const state = absorb(known, record);
    if (state === known || state.releases.length === 0) return false;
    ledger.put(state);
    return true;
  });
}
