import type { Change } from '../../shared/change/change.ts';
import { type FerryError, Rejected, Retryable } from '../../shared/errors.ts';
import { addressOf } from '../../shared/notice/outcome.ts';
import { REJECTED_PREFIX, type Unit } from '../../shared/unit/unit.ts';
import { announce } from './announce.ts';
import { Batch, type Unreadable } from './batch.ts';
import { type Concerns, concerned } from './concern.ts';
import type { Deps } from './deps.ts';
import { recordFault } from './fault.ts';
import { fingerprint, observeAll } from './observe.ts';
import { plan } from './plan.ts';
import { Pusher } from './push.ts';
import { remind } from './remind.ts';
import { tallyOf } from './removals.ts';
import { openRound } from './round.ts';

/** A change as its queue handed it over. */
export interface Delivery {
  readonly change: Change;
  /** It came before, and perhaps its outcome was recorded and never announced. */
  readonly again: boolean;
}

/** Others may get ahead of a landing so many times before its messages go back to the queue. */
const ATTEMPTS = 12;

/** A round needs about so many milliseconds; with less left, what remains waits for the next invocation. */
const ROUND = 15_000;

/**
 * Brings the main repository to what the sources hold now, for all units that the changes reach; messages that were
 * none (`unreadable`) are recorded as rejected. Returns the changes whose outcome could not be recorded, and why; all
 * others are done with. Throws Retryable or Stalled when none is.
 */
export async function mirror(
  deliveries: readonly Delivery[],
  unreadable: readonly Unreadable[],
  deps: Deps,
): Promise<ReadonlyMap<Change, FerryError>> {
  const changes = deliveries.map(({ change }) => change);
  /** Units that were decided by what their source held before and after: by the rule that decided. */
  const done = new Map<string, string>();
  const troubled = new Map<string, FerryError>();
  const pusher = new Pusher(deps);
  let unrecorded = unreadable;

  for (let attempt = 0; ; ) {
    const round = await openRound(deps);
    if (round.config instanceof Rejected) {
      if (await recordFault(round, round.config, unrecorded, pusher, deps)) return new Map();
      attempt = await again(attempt, deps);
      continue;
    }
    if (round.ledgerDraft.base === null) {
      // The ledger comes first, by itself: a release must never be there without a place for its record.
      if (!(await pusher.push(new Batch(round, round.config, deps)))) attempt = await again(attempt, deps);
      continue;
    }
    const concerns = await concerned(changes, round.config, round.head, round.ledger, deps);
    const todo = [...concerns.units.values()].filter(
      ({ unit }) => done.get(unit.id) !== unit.mirror.digest && !troubled.has(unit.id),
    );
    for (const [change, units] of concerns.reach) if (units.length === 0) logUncovered(change, deps);
    const batch = new Batch(round, round.config, deps);
    for (const message of unrecorded) batch.rejectMessage(message);
    const planned = await plan(batch, todo, troubled);
    closeRules(batch, concerns, new Set([...done.keys(), ...planned.keys()]));

    if (!batch.empty && !(await pusher.push(batch))) {
      attempt = await again(attempt, deps);
      continue;
    }
    attempt = 0;
    unrecorded = [];
    await announce(batch, deps);
    await remind(pusher.lost ? [...concerns.units.keys()] : reachedAgain(deliveries, concerns), batch, deps);
    for (const unit of await steady(planned, concerns, deps)) done.set(unit.id, unit.mirror.digest);

    const left = [...concerns.units.keys()].filter((id) => !done.has(id) && !troubled.has(id));
    if (left.length === 0) return failures(concerns, troubled);
    if (deps.remaining() < ROUND) {
      const short = new Retryable('TimeShort', `${left.length} units wait for the next invocation.`);
      return failures(concerns, new Map([...troubled, ...left.map((id) => [id, short] as const)]));
    }
  }
}

/** Units of changes that came before: an invocation may have recorded their outcome and ended before it told. */
function reachedAgain(deliveries: readonly Delivery[], { reach }: Concerns): string[] {
  return deliveries.flatMap(({ change, again }) => (again ? (reach.get(change) ?? []) : []));
}

/** Says in the log that an upload is nobody's. */
function logUncovered(change: Change, { log }: Deps): void {
  if (change.kind === 'object' && !change.key.startsWith(REJECTED_PREFIX))
    log('nothing to do', { unit: null, source: addressOf(change), why: 'no mirror of gitferry.yaml covers it' });
}

async function again(attempt: number, deps: Deps): Promise<number> {
  if (attempt >= ATTEMPTS || deps.remaining() < ROUND)
    throw new Retryable('OthersAhead', `The branch moved at each of ${attempt + 1} attempts to land.`);
  await deps.backoff(attempt);
  return attempt + 1;
}

/** A mirror's rule counts as used once all the units that it reaches are decided by it. */
function closeRules(batch: Batch, { ruled, failed }: Concerns, decided: ReadonlySet<string>): void {
  const closed = [...ruled].filter(([mirror, units]) => !failed.has(mirror) && units.every((id) => decided.has(id)));
  const mirrors = { ...batch.head.mirrors };
  for (const [mirror] of closed) mirrors[mirror.name] = { ...tallyOf(batch.head, mirror), rule: mirror.digest };
  const all = batch.config.mirrors.every(({ name, digest }) => mirrors[name]?.rule === digest);
  const config = all ? batch.round.configOid : batch.head.config;
  // Once every unit is decided, nobody is left to succeed those of a mirror that is no more.
  const reached = new Set(batch.config.mirrors.map(({ name }) => name));
  if (all) for (const name of Object.keys(mirrors)) if (!reached.has(name)) delete mirrors[name];
  if (closed.length > 0 || config !== batch.head.config || batch.head.fault !== null)
    batch.head = { ...batch.head, mirrors, config, fault: null };
}

/**
 * The units whose source is still as it was when they were decided. What changed since may have been landed over by
 * this very push, so it is decided again.
 */
async function steady(planned: ReadonlyMap<string, string>, { units }: Concerns, deps: Deps): Promise<Unit[]> {
  const seen = [...planned.keys()].flatMap((id) => units.get(id)?.unit ?? []);
  const now = await observeAll(seen, deps.bucket);
  return seen.filter((unit) => {
    const found = now.get(unit.id);
    return Array.isArray(found) && fingerprint(found) === planned.get(unit.id);
  });
}

/** The changes that reach a unit, or a bucket, that is in trouble. */
function failures({ reach, failed }: Concerns, troubled: ReadonlyMap<string, FerryError>): Map<Change, FerryError> {
  const result = new Map<Change, FerryError>();
  for (const [change, error] of failed) if ('kind' in change) result.set(change, error);
  for (const [change, units] of reach) {
    const error = units.map((id) => troubled.get(id)).find((trouble) => trouble !== undefined);
    if (error !== undefined) result.set(change, error);
  }
  return result;
}
