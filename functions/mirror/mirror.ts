import type { Change } from '../../shared/change/change.ts';
import { type FerryError, Rejected, Retryable } from '../../shared/errors.ts';
import { impatient } from '../../shared/source/patience.ts';
import { announce } from './announce.ts';
import { Batch, type Unreadable } from './batch.ts';
import type { Concerns } from './concern.ts';
import type { Deps } from './deps.ts';
import { recordFault } from './fault.ts';
import { BURST, gather } from './gather.ts';
import { planBatch } from './plan.ts';
import { Pusher } from './push.ts';
import { remind, untoldOf } from './remind.ts';
import { settleWithoutRules } from './requests/without-rules.ts';
import { openRound } from './round.ts';

/** A change as its queue handed it over. */
export interface Delivery {
  readonly change: Change;
  /** It came before, and perhaps its outcome was recorded and never announced. */
  readonly again: boolean;
}

/** What a queue handed over: changes, and messages that were none. */
export interface Arrivals {
  readonly deliveries: readonly Delivery[];
  readonly unreadable: readonly Unreadable[];
}

const NOTHING: Arrivals = { deliveries: [], unreadable: [] };

/** Others may get ahead of a landing so many times before its messages go back to the queue. */
const ATTEMPTS = 12;

/** A round needs about so many milliseconds; with less left, what remains waits for the next invocation. */
const ROUND = 15_000;

/**
 * Brings the main repository to what the sources hold now, for all units that the changes reach; messages that were
 * none are recorded as rejected. `arrive` hands over what came meanwhile: before each attempt it is asked, so that a
 * burst becomes few pushes. Returns the changes whose outcome could not be recorded, and why; all others are done with.
 * Throws Retryable or Stalled when none is.
 */
export async function mirror(
  first: Arrivals,
  given: Deps,
  arrive: () => Promise<Arrivals> = async () => NOTHING,
): Promise<ReadonlyMap<Change, FerryError>> {
  const deps = { ...given, images: impatient(given.images) };
  const deliveries = [...first.deliveries];
  const changes = deliveries.map(({ change }) => change);
  /** Units that were decided by what their source held before and after: by the rule that decided. */
  const done = new Map<string, string>();
  const troubled = new Map<string, FerryError>();
  const settled = new Map<Change, readonly string[]>();
  const pusher = new Pusher(deps);
  const { span } = deps.telemetry;
  let unrecorded = first.unreadable;
  let patience = BURST;

  for (let attempt = 0; ; ) {
    const round = await span('read the branch', {}, () => openRound(deps));
    if (round.config instanceof Rejected) {
      if (!(await settleWithoutRules(round, deliveries, settled, pusher, deps))) {
        attempt = await again(attempt, deps);
        continue;
      }
      if (await recordFault(round, round.config, unrecorded, pusher, deps)) return new Map();
      attempt = await again(attempt, deps);
      continue;
    }
    if (round.ledgerDraft.base === null) {
      // The ledger comes first, by itself: a release must never be there without a place for its record.
      if (!(await pusher.push(new Batch(round, round.config, deps)))) attempt = await again(attempt, deps);
      continue;
    }
    const late = await gather(arrive, patience, deps);
    if (late.deliveries.length + late.unreadable.length > 0) {
      patience -= late.waited;
      deliveries.push(...late.deliveries);
      changes.push(...late.deliveries.map(({ change }) => change));
      unrecorded = [...unrecorded, ...late.unreadable];
      // They may speak of what was decided before they came.
      done.clear();
      continue;
    }
    const progress = { done, settled, troubled };
    const { config } = round;
    const { batch, concerns, reopened, steady } = await span(
      'read the sources',
      { 'gitferry.changes': changes.length },
      () => planBatch(round, config, changes, progress, deps),
    );
    for (const message of unrecorded) batch.rejectMessage(message);

    if (!batch.empty && !(await pusher.push(batch))) {
      attempt = await again(attempt, deps);
      continue;
    }
    attempt = 0;
    for (const [change, units] of reopened) settled.set(change, units);
    unrecorded = [];
    await announce(batch, deps, concerns);
    const reached = [...concerns.releases.keys(), ...concerns.units.keys(), ...concerns.images.keys()];
    const untold = untoldOf(deliveries, pusher.lost);
    const units = [...untold.units, ...(pusher.lost ? reached : reachedAgain(deliveries, concerns))];
    await remind({ ...untold, units }, batch, deps);
    for (const { id, rule } of await steady()) done.set(id, rule);

    const left = reached.filter((id) => !done.has(id) && !troubled.has(id));
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

async function again(attempt: number, deps: Deps): Promise<number> {
  if (attempt >= ATTEMPTS || deps.remaining() < ROUND)
    throw new Retryable('OthersAhead', `The branch moved at each of ${attempt + 1} attempts to land.`);
  await deps.backoff(attempt);
  return attempt + 1;
}

/** The changes that reach a unit, or a bucket, that is in trouble; one of the rules themselves reaches all that is new. */
function failures(
  { reach, failed, ruled }: Concerns,
  troubled: ReadonlyMap<string, FerryError>,
): Map<Change, FerryError> {
  const result = new Map<Change, FerryError>();
  for (const [change, error] of failed) if ('kind' in change) result.set(change, error);
  const [unlisted] = [...failed].flatMap(([rule, error]) => ('kind' in rule ? [] : [error]));
  const renewed = [...ruled.values()].flat();
  for (const [change, units] of reach) {
    const all = change.kind === 'config' ? renewed : units;
    const trouble = all.map((id) => troubled.get(id)).find((one) => one !== undefined);
    const error = trouble ?? (change.kind === 'config' ? unlisted : undefined);
    if (error !== undefined) result.set(change, error);
  }
  return result;
}
