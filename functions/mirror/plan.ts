import type { Change } from '../../shared/change/change.ts';
import type { Config } from '../../shared/config/config.ts';
import { asFerryError, FerryError } from '../../shared/errors.ts';
import { addressOf } from '../../shared/notice/outcome.ts';
import { type ImageUnit, imageUnit, REJECTED_PREFIX, type Subject, type Unit } from '../../shared/unit/unit.ts';
import { Batch } from './batch.ts';
import { type Concerns, concerned, type Rule } from './concern.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import { fingerprint, observeAll } from './files/observe.ts';
import { plan } from './files/plan.ts';
import { tallyOf } from './files/removals.ts';
import type { ImageConcern } from './images/concern.ts';
import { isSteady } from './images/observe.ts';
import { planImages } from './images/plan.ts';
import { succeedImages } from './images/succeed.ts';
import { openReleases } from './releases/open.ts';
import { planReleases, type ReleaseConcern } from './releases/plan.ts';
import { isSteadyRelease } from './releases/steady.ts';
import { planRequests, type Reopened } from './requests/plan.ts';
import type { Round } from './round.ts';

/** What earlier rounds of this invocation did: units that are decided, by the rule that decided, and those in trouble. */
export interface Progress {
  readonly done: ReadonlyMap<string, string>;
  /** Verdicts and requests that are recorded, and the units that they opened again. */
  readonly settled: Reopened;
  /** Grows by those whose source can't be read. */
  readonly troubled: Map<string, FerryError>;
}

export interface Planned {
  /** All outcomes, drafted and not yet pushed. */
  readonly batch: Batch;
  readonly concerns: Concerns;
  readonly reopened: Reopened;
  /** The units that were decided and whose source is still as it was when they were. */
  steady(): Promise<readonly Subject[]>;
}

/** Plans all that the changes reach, by this round's tips: what goes back first, then what lands together, then files, then images on top. */
export async function planBatch(
  round: Round,
  config: Config,
  changes: readonly Change[],
  { done, settled, troubled }: Progress,
  deps: Deps,
): Promise<Planned> {
  const isDue = ({ unit }: { readonly unit: Subject }): boolean =>
    done.get(unit.id) !== unit.rule && !troubled.has(unit.id);
  const open = await openReleases(config, deps.bucket, round.ledger);
  const batch = new Batch(round, config, deps, open);
  await succeedImages(batch);
  const reopened = await planRequests(batch, changes, settled);
  const concerns = await concerned(changes, config, round.head, round.ledger, open, deps, reopened);
  for (const [change, units] of concerns.reach) if (units.length === 0) logUncovered(change, deps);

  const releases = [...concerns.releases.values()].filter(({ release }) => isDue(release));
  const complete = await planReleases(batch, releases, troubled);
  const files = await plan(batch, [...concerns.units.values()].filter(isDue), troubled);
  // What files of this round brought is looked at, even if the policy was decided before they came.
  const images = withStirred(concerns, batch).filter(
    (concern) => isDue(concern) || (batch.stirred.has(concern.unit.id) && !troubled.has(concern.unit.id)),
  );
  const asked = await planImages(batch, images, troubled);
  closeRules(batch, concerns, new Set([...done.keys(), ...complete.keys(), ...files.keys(), ...asked.keys()]));

  return {
    batch,
    concerns,
    reopened,
    steady: async () => [
      ...(await steadyReleases(complete, releases, deps)),
      ...(await steadyFiles(files, concerns, deps)),
      ...(await steadyImages(asked, images, troubled, deps)),
    ],
  };
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
async function steadyFiles(planned: ReadonlyMap<string, string>, { units }: Concerns, deps: Deps): Promise<Unit[]> {
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

/** The policies whose image is still as its registry had it. Those whose registry can't be read any more are in trouble. */
async function steadyImages(
  asked: ReadonlyMap<string, string>,
  concerns: readonly ImageConcern[],
  troubled: Map<string, FerryError>,
  { images }: Deps,
): Promise<ImageUnit[]> {
  const units = concerns.map(({ unit }) => unit).filter(({ id }) => asked.has(id));
  const steady = await each(units, (unit) => isSteady(unit, asked.get(unit.id) ?? '', images).catch(asFerryError));
  for (const [index, { id }] of units.entries()) {
    const error = steady[index];
    if (error instanceof FerryError) troubled.set(id, error);
  }
  return units.filter((_, index) => steady[index] === true);
}
