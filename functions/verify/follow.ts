import type { Cluster } from '../../shared/agent/cluster.ts';
import type { Change } from '../../shared/change/change.ts';
import { outcome } from '../../shared/change/verdict.ts';
import { asFerryError, FerryError, Retryable } from '../../shared/errors.ts';
import type { Remote } from '../../shared/git/remote.ts';
import type { Landed } from '../../shared/notice/landed.ts';
import type { Look, Reported } from '../../shared/notice/look.ts';
import { printable } from '../../shared/printable.ts';
import type { Table } from '../../shared/table/table.ts';
import type { Log, Telemetry } from '../../shared/telemetry/telemetry.ts';
import { type Chain, claim, type Held, keyOf, readChain, writeChain } from './chain/chain.ts';
import { noteChain, openChains } from './chain/open-chains.ts';
import { deadlineOf, delayOf } from './chain/schedule.ts';
import { type Judgement, judge } from './judge/judge.ts';
import { look as lookAt } from './look/look.ts';
import { concerns } from './report.ts';

/** What following works with. It reads clusters and Git, and writes to neither. */
export interface Deps {
  readonly clusters: readonly Cluster[];
  readonly remote: Remote;
  readonly table: Table;
  /** Sends a message to the looks queue, to arrive after so many seconds. Throws Retryable when it is not taken. */
  readonly later: (look: Look, seconds: number) => Promise<void>;
  /** Sends to the changes queue. Throws Retryable when it is not taken. */
  readonly send: (changes: readonly Change[]) => Promise<void>;
  readonly now: () => number;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/**
 * One look of a chain: claimed in the table, and when it leads to no verdict, the next one is sent before that is written
 * down. So a crash at any step leaves a message that goes on. Throws Retryable when the message is needed again.
 */
export async function follow(landed: Landed, look: number, deps: Deps): Promise<void> {
  const { table, now, log } = deps;
  const { release, unit } = landed;
  if (deps.clusters.length === 0) return log('nothing to follow', { release, unit, why: 'No cluster is configured.' });
  const claimed = await claim(table, landed, look, now());
  if (claimed.kind === 'others') return log('looked at already', { release, unit, look });
  if (claimed.kind === 'ended') {
    // A release is told again only while it has no verdict: this one did not arrive.
    if (look === 1) await tell(claimed.chain, deps);
    return;
  }
  const { held } = claimed;
  try {
    if (look === 1) await noteChain(table, landed, true, now());
    await goOn(held, await judged(held.chain, deps), deps);
  } catch (error) {
    // So that the message finds it unclaimed when it comes again.
    const { chain, version } = held;
    const free = { chain: { ...chain, phase: 'scheduled' as const, since: now() }, version };
    await writeChain(table, free).catch((failed: unknown) => {
      if (!(failed instanceof FerryError)) throw failed;
    });
    throw error;
  }
}

/**
 * Looks at the chains that are open now; none is begun, and the look that each waits for stays as it is. What can't be done
 * for one is left to its own look.
 */
export async function followSooner(objects: readonly Reported[], deps: Deps): Promise<void> {
  for (const one of await openChains(deps.table))
    await lookSooner(one, objects, deps).catch((error: unknown) => {
      deps.log('could not look sooner', { ...one, error: asFerryError(error) });
    });
}

async function lookSooner(
  one: Pick<Landed, 'release' | 'unit'>,
  objects: readonly Reported[],
  deps: Deps,
): Promise<void> {
  const { table, now, log } = deps;
  const { chain, version } = await readChain(table, keyOf(one));
  if (chain === null || chain.phase === 'ended') return noteChain(table, one, false, now());
  if (chain.phase !== 'scheduled' || !concerns(chain, objects)) return;
  log('looks sooner', { ...one, look: chain.look });
  const { judgement, learnt } = await judged(chain, deps);
  if (judgement.kind !== 'wait') return goOn({ chain, version }, { judgement, learnt }, deps);
  await writeChain(table, { chain: { ...chain, memory: judgement.remember, learnt }, version });
}

interface Judged {
  readonly judgement: Judgement;
  readonly learnt: Chain['learnt'];
}

async function judged(chain: Chain, deps: Deps): Promise<Judged> {
  const { landed, memory, startedAt } = chain;
  const { facts, learnt } = await lookAt(landed, deps, chain.learnt);
  const deadline = deadlineOf(Date.parse(landed.landedAt), startedAt, landed.rollout.deadline);
  return { judgement: judge(facts, memory, { now: deps.now(), deadline }), learnt };
}

async function goOn({ chain, version }: Held, { judgement, learnt }: Judged, deps: Deps): Promise<void> {
  const { table, now, log } = deps;
  const { landed, startedAt } = chain;
  const { release, unit } = landed;
  if (judgement.kind !== 'wait') {
    const verdict = judgement.kind === 'verdict' ? judgement : null;
    const ended: Chain = { ...chain, phase: 'ended', verdict };
    const facts = { release, unit, look: chain.look, verdict: verdict?.verdict ?? null };
    log('ended', { ...facts, reason: verdict?.reason ?? null, why: verdict?.message ?? 'The ledger has its verdict.' });
    await tell(ended, deps);
    await writeChain(table, { chain: ended, version });
    await noteChain(table, landed, false, now());
    return;
  }
  const deadline = deadlineOf(Date.parse(landed.landedAt), startedAt, landed.rollout.deadline);
  const look = chain.look + 1;
  const seconds = delayOf({ look, now: now(), deadline, soon: judgement.soon });
  log('looks again', { release, unit, look, seconds, why: judgement.words });
  await deps.later({ kind: 'look', landed, look }, seconds);
  const since = now() + seconds * 1000;
  // Whoever was quicker has this look, or a later one.
  await writeChain(table, {
    chain: { ...chain, look, phase: 'scheduled', since, memory: judgement.remember, learnt },
    version,
  });
}

const LONGEST = 3900;

/** Sends the verdict that a chain ended with. */
async function tell({ landed, verdict }: Chain, { send }: Deps): Promise<void> {
  if (verdict === null) return;
  const { release, unit } = landed;
  const { reason, message, hint } = verdict;
  const read = outcome.safeParse(verdict.verdict);
  if (!read.success) throw new Retryable('TableUnavailable', 'The table holds a verdict that is none.');
  // What others say must neither begin a line of a commit's message, nor hide in it.
  const line = printable(message.replaceAll(/\s+/gu, ' ').trim());
  const words = line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
  await send([{ kind: 'verdict', unit, release, verdict: read.data, reason, message: words, hint }]);
}
