import type { Change } from '../../../shared/change/change.ts';
import type { Config } from '../../../shared/config/config.ts';
import { announce } from '../announce.ts';
import { Batch } from '../batch.ts';
import type { Deps } from '../deps.ts';
import { NO_RULES } from '../fault.ts';
import type { Delivery } from '../mirror.ts';
import type { Pusher } from '../push.ts';
import { remind, untoldOf } from '../remind.ts';
import { type Round, readConfig } from '../round.ts';
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
  const batch = new Batch(round, await soundRules(round), deps);
  const changes = deliveries.map(({ change }) => change);
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

async function soundRules({ head, main }: Round): Promise<Config> {
  const oid = head.config ?? head.sound;
  if (oid === undefined) return NO_RULES;
  const { bytes } = (await main.fetch([oid])).get(oid) ?? {};
  const config = bytes === undefined ? null : readConfig(oid, bytes);
  return config === null || config instanceof Error ? NO_RULES : config;
}
