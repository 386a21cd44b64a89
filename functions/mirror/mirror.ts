import type { Change } from '../../shared/change/change.ts';
import { type FerryError, Rejected, Retryable } from '../../shared/errors.ts';
import { addressOf } from '../../shared/notice/outcome.ts';
import { type ImageUnit, imageUnit, REJECTED_PREFIX, type Subject, type Unit } from '../../shared/unit/unit.ts';
import { announce } from './announce.ts';
import { Batch, type Unreadable } from './batch.ts';
import { type Concerns, concerned, type Rule } from './concern.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import { recordFault } from './fault.ts';
import type { ImageConcern } from './images/concern.ts';
import { isSteady } from './images/observe.ts';
import { planImages } from './images/plan.ts';
import { fingerprint, observeAll } from './observe.ts';
import { plan } from './plan.ts';
import { Pusher } from './push.ts';
import { openReleases } from './releases/open.ts';
import { planReleases, type ReleaseConcern } from './releases/plan.ts';
import { isSteadyRelease } from './releases/steady.ts';
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
    const open = await openReleases(round.config, deps.bucket, round.ledger);
    const concerns = await concerned(changes, round.config, round.head, round.ledger, open, deps);
    const isDue = ({ unit }: { readonly unit: Subject }): boolean =>
      done.get(unit.id) !== unit.rule && !troubled.has(unit.id);
    const todo = [...concerns.units.values()].filter(isDue);
    for (const [change, units] of concerns.reach) if (units.length === 0) logUncovered(change, deps);
    const batch = new Batch(round, round.config, deps, open);
    for (const message of unrecorded) batch.rejectMessage(message);
    const together = [...concerns.releases.values()].filter(({ release }) => isDue(release));
    const complete = await planReleases(batch, together, troubled);
    const planned = await plan(batch, todo, troubled);
    const images = withStirred(concerns, batch).filter(isDue);
    const asked = await planImages(batch, images, troubled);
    closeRules(batch, concerns, new Set([...done.keys(), ...complete.keys(), ...planned.keys(), ...asked.keys()]));

    if (!batch.empty && !(await pusher.push(batch))) {
      attempt = await again(attempt, deps);
      continue;
    }
    attempt = 0;
    unrecorded = [];
    await announce(batch, deps);
    const reached = [...concerns.releases.keys(), ...concerns.units.keys(), ...concerns.images.keys()];
    await remind(pusher.lost ? reached : reachedAgain(deliveries, concerns), batch, deps);
    for (const unit of await steadyReleases(complete, together, deps)) done.set(unit.id, unit.rule);
    for (const unit of await steady(planned, concerns, deps)) done.set(unit.id, unit.rule);
    for (const unit of await steadyImages(asked, images, deps)) done.set(unit.id, unit.rule);

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

/** The policies that changes reach, and those whose references the files of this batch bring. */
function withStirred({ images }: Concerns, { stirred, config }: Batch): ImageConcern[] {
  const others = config.images.filter(({ name }) => stirred.has(name) && !images.has(name));
  return [...images.values(), ...others.map((rule) => ({ unit: imageUnit(rule), changes: [] }))];
}

/** Says in the log that a change is nobody's. */
function logUncovered(change: Change, { log }: Deps): void {
  if (change.kind === 'image')
    log('nothing to do', {
      unit: null,
      source: `${change.image}:${change.tag ?? '*'}`,
      why: 'no policy of gitferry.yaml names it',
    });
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
  const isListed = (rule: Rule): boolean => !('place' in rule && failed.has(rule));
  const closed = [...ruled].filter(([rule, units]) => isListed(rule) && units.every((id) => decided.has(id)));
  const mirrors = { ...batch.head.mirrors };
  for (const [rule] of closed) mirrors[rule.name] = { ...tallyOf(batch.head, rule), rule: rule.digest };
  const { mirrors: files, images, releases } = batch.config;
  const rules = [...files, ...images, ...releases];
  const all = rules.every(({ name, digest }) => mirrors[name]?.rule === digest);
  const config = all ? batch.round.configOid : batch.head.config;
  // Once every unit is decided, nobody is left to succeed those of a mirror that is no more.
  const reached = new Set(rules.map(({ name }) => name));
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

/** The release files whose members are still as they were when they were decided. */
async function steadyReleases(
  decided: ReadonlyMap<string, string>,
  concerns: readonly ReleaseConcern[],
  deps: Deps,
): Promise<Subject[]> {
  const open = concerns.map(({ release }) => release).filter(({ unit }) => decided.has(unit.id));
  const steady = await each(open, (release) => isSteadyRelease(release, decided.get(release.unit.id) ?? '', deps));
  return open.filter((_, index) => steady[index]).map(({ unit }) => unit);
}

/** The policies whose image is still as its registry had it. */
async function steadyImages(
  asked: ReadonlyMap<string, string>,
  concerns: readonly ImageConcern[],
  { images }: Deps,
): Promise<ImageUnit[]> {
  const units = concerns.map(({ unit }) => unit).filter(({ id }) => asked.has(id));
  const steady = await each(units, (unit) => isSteady(unit, asked.get(unit.id) ?? '', images));
  return units.filter((_, index) => steady[index]);
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
