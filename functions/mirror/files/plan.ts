import type { Mirror } from '../../../shared/config/config.ts';
import { asFerryError, FerryError } from '../../../shared/errors.ts';
import {
  objectOf,
  type Places,
  placesAt,
  placesOf,
  REMOVED,
  recordOf,
  type Standing,
  type UnitState,
} from '../../../shared/ledger/state.ts';
import { type Candidate, choose, isGone } from '../../../shared/unit/choose.ts';
import { probableFolder, type Unit } from '../../../shared/unit/unit.ts';
import { eventOf } from '../attribution.ts';
import type { Batch } from '../batch.ts';
import type { Concern } from '../concern.ts';
import { each } from '../each.ts';
import { type Judgement, judge, type Refusal } from './judge.ts';
import { fingerprint, observeAll } from './observe.ts';
import { lapsed } from './refusals.ts';
import { release } from './release.ts';
import { held, refuseRemovals, tallyOf } from './removals.ts';
import { settle } from './settle.ts';
import { succeed } from './succeed.ts';
import { presentAt } from './view.ts';

interface Looked {
  readonly concern: Concern;
  readonly candidates: readonly Candidate[];
}

/**
 * Plans one batch: looks at the sources, settles what people did, chooses, reads, decides and drafts, as far as the
 * budget goes. Returns the units it decided, and what their sources held. Units whose source can't be read join `troubled`.
 */
export async function plan(
  batch: Batch,
  todo: readonly Concern[],
  troubled: Map<string, FerryError>,
): Promise<ReadonlyMap<string, string>> {
  const { bucket, budget } = batch.deps;
  const concerns = todo.slice(0, budget.units);
  const units = concerns.map(({ unit }) => unit);
  const { main, ledger } = batch.round;
  // The folders that will probably be touched are asked for along with the records: walks side by side share requests.
  const [sources] = await Promise.all([
    observeAll(units, bucket),
    ledger.load(units.map(({ id }) => id)),
    main.open(units.map((unit) => `${probableFolder(unit)}/-`)),
  ]);

  const looked = concerns.flatMap((concern): Looked[] => {
    const found = sources.get(concern.unit.id) ?? [];
    if (!(found instanceof FerryError)) return [{ concern, candidates: found }];
    troubled.set(concern.unit.id, found);
    return [];
  });
  await succeed(batch, units);
  await settleAll(batch, units);
  for (const look of looked) forgetLapsed(batch, look);
  for (const look of looked)
    await noteExpiry(batch, look).catch((error: unknown) => troubled.set(look.concern.unit.id, asFerryError(error)));

  const sound = looked.filter(({ concern }) => !troubled.has(concern.unit.id));
  const judged = await judgeAll(batch, sound, troubled);
  const refused = removals(batch, judged);
  for (const { concern, judgement } of judged) {
    for (const refusal of judgement.refusals) refuse(batch, concern, refusal);
    if (!refused.has(concern.unit.id)) await release(batch, concern, judgement);
  }
  return new Map(judged.map(({ concern, judgement }) => [concern.unit.id, fingerprint(judgement.candidates)]));
}

function refuse(batch: Batch, { unit, changes }: Concern, { error, content, candidate }: Refusal): void {
  const { key, etag, versionId, modified } = candidate;
  const source = { bucket: unit.mirror.bucket, key, etag, versionId, modified };
  const publisher = eventOf(candidate, changes)?.publisher ?? null;
  batch.reject(unit, content ?? `etag:${etag}`, error, source, publisher);
}

/** Forgets refusals that speak of nothing any more, and takes their notes away. */
function forgetLapsed(batch: Batch, { concern, candidates }: Looked): void {
  const state = batch.state(concern.unit.id);
  const gone = lapsed(state, candidates, batch.now);
  if (gone.length === 0) return;
  for (const content of gone) {
    const source = objectOf(state.rejected[content]?.source);
    if (source !== null && content !== REMOVED) batch.redeemed.push(source);
  }
  const rejected = Object.fromEntries(Object.entries(state.rejected).filter(([content]) => !gone.includes(content)));
  batch.put({ ...state, rejected });
}

/** Takes in what people did at the places of these units. */
export async function settleAll(batch: Batch, units: readonly Unit[]): Promise<void> {
  const { main, ledger } = batch.round;
  const known = units.filter(({ id }) => ledger.state(id) !== null);
  await main.open(known.flatMap(({ id }) => Object.keys(placesOf(batch.state(id)))));
  for (const unit of known) {
    const before = batch.state(unit.id);
    const present = presentAt(main, unit, Object.keys(placesOf(before)));
    await batch.masks.learn(differing(before, present));
    const same = batch.masks.same.bind(batch.masks);
    const { state, takenBack } = settle(before, present, batch.now.toISOString(), same);
    if (takenBack.length > 0) batch.takeBack(state, takenBack, before.held);
  }
}

/** All that stands, or ever stood, at the paths that are not as they were released. */
function differing(state: UnitState, present: Places): (readonly [string, Standing])[] {
  const recorded = placesOf(state);
  const paths = Object.keys(recorded).filter((path) => present[path] !== recorded[path]);
  const steps = state.releases.map((_, step) => placesAt(state, step));
  return paths.flatMap((path) =>
    [present, state.before, ...steps].map((places) => [path, places[path] ?? null] as const),
  );
}

/**
 * Remembers that the object a unit came from went by lifecycle expiry, which never counts as a removal, and forgets it
 * when the object is there again or someone deleted it. Where no event tells, an object that could expire has expired.
 */
async function noteExpiry(batch: Batch, { concern, candidates }: Looked): Promise<void> {
  const state = batch.state(concern.unit.id);
  const key = objectOf(recordOf(state)?.source)?.key;
  if (key === undefined) return;
  const { bucket, onDelete } = concern.unit.mirror;
  const told = concern.changes.filter((change) => change.key === key);
  let expired = false;
  if (isGone(recordOf(state), candidates) && !told.some(({ gone }) => gone === 'deleted')) {
    expired = state.expired || told.some(({ gone }) => gone === 'expired');
    if (!expired && onDelete === 'remove')
      expired = (await batch.deps.bucket.expiring(bucket)).some((prefix) => key.startsWith(prefix));
  }
  if (expired !== state.expired) batch.put({ ...state, expired });
}

/** Judges as many units as the budget of bytes allows; at least one. */
async function judgeAll(batch: Batch, looked: readonly Looked[], troubled: Map<string, FerryError>) {
  const { bucket, budget } = batch.deps;
  let packed = 0;
  let unpacked = 0;
  const within = looked.filter(({ concern, candidates }, index) => {
    const choice = choose(concern.unit, batch.state(concern.unit.id), candidates, new Map());
    packed += choice.kind === 'read' ? choice.candidate.size : 0;
    return index === 0 || packed <= budget.bytes;
  });
  const judgements = await each(within, async ({ concern, candidates }): Promise<Judgement | FerryError | null> => {
    if (unpacked > budget.bytes) return null;
    const state = batch.state(concern.unit.id);
    const result = await judge(concern.unit, state, candidates, bucket, (key, digest) =>
      batch.reserved.hasObject(concern.unit.mirror.bucket, key, digest),
    ).catch(asFerryError);
    if (!(result instanceof FerryError)) unpacked += result.content?.size ?? 0;
    return result;
  });
  return within.flatMap(({ concern }, index) => {
    const judgement = judgements[index] ?? null;
    if (judgement instanceof FerryError) troubled.set(concern.unit.id, judgement);
    return judgement === null || judgement instanceof FerryError ? [] : [{ concern, judgement }];
  });
}

/** Refuses, all together, removals that go beyond what their mirrors allow within a day. */
function removals(batch: Batch, judged: readonly { concern: Concern; judgement: Judgement }[]): ReadonlySet<string> {
  const refused = new Set<string>();
  const asked = judged
    .filter(({ judgement }) => judgement.desired?.content === REMOVED)
    .map(({ concern }) => concern.unit);
  for (const [mirror, units] of Map.groupBy(asked, (unit): Mirror => unit.mirror)) {
    const places = units.reduce((sum, { id }) => sum + held(batch.state(id)), 0);
    const error = refuseRemovals(mirror, tallyOf(batch.head, mirror), places, batch.now);
    if (error === null) continue;
    for (const { id } of units) refused.add(id);
    batch.refuseRemovals(mirror, units, error);
  }
  return refused;
}
