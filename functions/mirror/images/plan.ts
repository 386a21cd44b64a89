import { asFerryError, FerryError, Rejected } from '../../../shared/errors.ts';
import { admits, compareTags } from '../../../shared/image/tags.ts';
import { recordOf, type UnitState } from '../../../shared/ledger/state.ts';
import { sameValue, valueFor } from '../../../shared/reference/value.ts';
import { RELEASE_REJECTED } from '../../../shared/unit/release-file.ts';
import type { ImageUnit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { each } from '../each.ts';
import type { ImageConcern } from './concern.ts';
import { decideImage, type Placed } from './decide.ts';
import { adoptImage, landImage, partOf, standings } from './land.ts';
import { withoutUncovered } from './note.ts';
import { type ImageJudgement, judgeImage, UNREADABLE } from './observe.ts';
import { tellProblems } from './problems.ts';
import { saysHeld, targetOf } from './recorded.ts';
import type { FileReferences } from './references.ts';
import { settleImage } from './settle.ts';

/**
 * Plans the images of a batch, on top of its files: finds the references, settles what people did, asks the registries,
 * decides and drafts. Returns the units it decided, and what the registries held; others join `troubled`.
 */
export async function planImages(
  batch: Batch,
  concerns: readonly ImageConcern[],
  troubled: Map<string, FerryError>,
): Promise<ReadonlyMap<string, string>> {
  if (concerns.length === 0) return new Map();
  const { ledger } = batch.round;
  const units = concerns.map(({ unit }) => unit);
  const [files] = await Promise.all([
    batch.references.everywhere(units.map(({ image }) => image)),
    ledger.load(units.map(({ id }) => id)),
  ]);
  const index = new Map(files.map((file) => [file.path, file]));
  for (const unit of units) settle(batch, unit, placedOf(unit, index));

  const judgements = await each(concerns, ({ unit }) => {
    const state = batch.state(unit.id);
    const floor = floorOf(unit, state, placedOf(unit, index));
    return judgeImage(unit, state, barredFrom(batch, unit, state), floor, batch.deps.images).catch(asFerryError);
  });
  await readTogether(batch, concerns, judgements, index);
  const planned = new Map<string, string>();
  for (const [at, concern] of concerns.entries()) {
    const judgement = judgements[at] as ImageJudgement | FerryError;
    if (judgement instanceof Rejected) {
      // Asking again would change nothing: it is told, and looked at again with its next event.
      batch.rejectOnce(concern.unit, 'tags', judgement);
      planned.set(concern.unit.id, UNREADABLE);
      continue;
    }
    if (judgement instanceof FerryError) {
      troubled.set(concern.unit.id, judgement);
      continue;
    }
    await release(batch, concern, judgement, index);
    planned.set(concern.unit.id, judgement.seen);
  }
  const decided = units.filter(({ id }) => planned.has(id));
  tellProblems(batch, decided, files);
  return planned;
}

/** Reads the files that will probably be edited, in one request for them all. */
async function readTogether(
  batch: Batch,
  concerns: readonly ImageConcern[],
  judgements: readonly (ImageJudgement | FerryError)[],
  index: ReadonlyMap<string, FileReferences>,
): Promise<void> {
  const { main } = batch.round;
  const paths = concerns.flatMap(({ unit }, at) => {
    const judgement = judgements[at];
    const wanted = judgement instanceof FerryError ? null : (judgement?.wanted ?? null);
    if (wanted === null) return [];
    const target = targetOf(unit.image, wanted);
    const placed = placedOf(unit, index);
    return placed
      .filter(({ reference }) => !sameValue(reference.value, valueFor(reference, target)))
      .map(({ path }) => path);
  });
  await main.open(paths);
  await main.read(paths);
}

/** What release files name: it lands with them, or with none. */
function barredFrom(batch: Batch, { image }: ImageUnit, state: UnitState): ReadonlySet<string> {
  const barred = new Set(batch.reserved.digests(image.image));
  for (const [content, { reason }] of Object.entries(state.rejected))
    if (reason === RELEASE_REJECTED) barred.add(content);
  barred.delete(recordOf(state)?.content ?? '');
  return barred;
}

export function placedOf({ image }: ImageUnit, index: ReadonlyMap<string, FileReferences>): Placed[] {
  return [...index.values()].flatMap(({ path, matched }) =>
    (matched.get(image.name) ?? []).map((reference) => ({ path, reference })),
  );
}

/** Takes in what people did to an image's references; whether they took anything back. */
export function settle(batch: Batch, unit: ImageUnit, placed: readonly Placed[]): boolean {
  const before = batch.state(unit.id);
  if (recordOf(before) === null) return false;
  const kept = withoutUncovered(batch, unit.image, before);
  const { state, takenBack } = settleImage(unit.image, kept, standings(placed), batch.now.toISOString());
  if (takenBack.length > 0) batch.takeBack(state, takenBack, before.held);
  else if (kept !== before) batch.put(kept);
  return takenBack.length > 0;
}

/** The best tag that references have, where the ledger knows of none: nothing below it lands. */
export function floorOf({ image }: ImageUnit, state: UnitState, placed: readonly Placed[]): string | null {
  const { policy } = image;
  if (policy.kind === 'digest' || recordOf(state)?.version != null) return null;
  const tags = placed.flatMap(({ reference: { value } }) => (saysHeld(image, state, value) ? [] : (value.tag ?? [])));
  return tags.filter((tag) => admits(policy, tag)).sort((a, b) => compareTags(policy, a, b))[0] ?? null;
}

async function release(
  batch: Batch,
  concern: ImageConcern,
  { wanted, why, refusals }: ImageJudgement,
  index: Map<string, FileReferences>,
): Promise<void> {
  const { unit } = concern;
  if (batch.isStopped(concern)) return;
  for (const { tag, error } of refusals) batch.rejectOnce(unit, `tag:${tag}`, error);
  const ambiguous = ambiguities(unit, index);
  const placed = placedOf(unit, index);
  const state = batch.state(unit.id);
  const content = wanted?.digest ?? '';
  const source = wanted === null ? null : { image: unit.image.image, ...wanted };
  if (ambiguous.length > 0 && wanted !== null)
    return batch.wait(unit, { content, source }, { reason: 'ReferenceAmbiguous', paths: ambiguous }, null);

  const decision = decideImage(unit, state, placed, wanted, why);
  if (decision.kind === 'nothing')
    return batch.nothingOfImage(concern, `${wanted === null ? '' : `${wanted.tag} stands: `}${decision.why}`);
  if (decision.kind === 'wait') return batch.wait(unit, { content, source }, decision, null);
  const part = partOf(batch, concern, placed, wanted, decision);
  if (decision.edits.length === 0) return adoptImage(batch, unit, part);
  try {
    await landImage(batch, concern, part, decision.edits);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return batch.rejectOnce(unit, content, error);
  }
  const paths = [...new Set(decision.edits.map(({ path }) => path))];
  for (const [path, file] of await batch.references.at(paths)) index.set(path, file);
}

/** Where a reference could be this policy's and another's. */
function ambiguities({ image }: ImageUnit, index: ReadonlyMap<string, FileReferences>): string[] {
  return [...index.values()].flatMap(({ path, problems }) =>
    problems.filter(({ rules }) => rules?.includes(image.name)).map(({ line }) => `${path}:${line}`),
  );
}
