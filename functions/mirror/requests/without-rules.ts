import type { Change } from '../../../shared/change/change.ts';
import type { Config } from '../../../shared/config/config.ts';
import { announce } from '../announce.ts';
import { Batch } from '../batch.ts';
import type { Deps } from '../deps.ts';
import { NO_RULES } from '../fault.ts';
import type { Delivery } from '../mirror.ts';
import type { Pusher } from '../push.ts';
import { remind, untoldOf } from '../remind.ts';
import { absorbMissed, type Round, readConfig } from '../round.ts';
import { planRequests } from './plan.ts';

/**
 * What verdicts say and people ask for is done also while gitferry.yaml is broken, by the rules that were sound last:
 * a failed release must not stay because somebody mistyped a key. Nothing new lands by them. False when a push was
 * needed, so that the round is over, whether somebody was ahead or not.
 */
export async function settleWithoutRules(
  round: Round,
  deliveries: readonly Delivery[],
  settled: Map<Change, readonly string[]>,
  pusher: Pusher,
  deps: Deps,
): Promise<boolean> {
  const changes = deliveries.map(({ change }) => change);
  if (!changes.some((change) => 'unit' in change)) return true;
  const rules = await soundRules(round);
  const batch = new Batch({ ...round, absorbed: await absorbedBy(rules, round, deps) }, rules, deps);
  const reopened = await planRequests(batch, changes, settled);
  if (batch.empty) {
    await remind(untoldOf(deliveries, pusher.lost), batch, deps);
    return true;
  }
  if (await pusher.push(batch)) {
    for (const [change, units] of reopened) settled.set(change, units);
    await announce(batch, deps);
  }
  return false;
}

/** What the ledger missed: it may be just what was asked for, which must not be done twice. */
async function absorbedBy(rules: Config, round: Round, deps: Deps): Promise<Round['absorbed']> {
  const { ledger, ledgerDraft, head, main, signer } = round;
  const isKnown = rules !== NO_RULES || signer !== null;
  if (ledgerDraft.base === null || main.base === null || !isKnown) return [];
  return absorbMissed(deps, ledger, head, main.base, rules.author.email, signer);
}

async function soundRules({ head, main }: Round): Promise<Config> {
  const oid = head.config ?? head.sound;
  if (oid === undefined) return NO_RULES;
  const { bytes } = (await main.fetch([oid])).get(oid) ?? {};
  const config = bytes === undefined ? null : readConfig(oid, bytes);
  return config === null || config instanceof Error ? NO_RULES : config;
}
