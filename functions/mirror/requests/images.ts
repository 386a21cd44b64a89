import { fileOf, placeOf } from '../../../shared/ledger/place.ts';
import { type Places, placesAt, placesOf, type Release, type UnitState } from '../../../shared/ledger/state.ts';
import type { Reference, Value } from '../../../shared/reference/reference.ts';
import { valueFor } from '../../../shared/reference/value.ts';
import type { ImageUnit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { after, commitRelease } from '../commit.ts';
import type { Edit, Placed } from '../images/decide.ts';
import { bodyOf, editFiles, standings } from '../images/land.ts';
import { isReleased, targetOf as valueTarget } from '../images/recorded.ts';
import { saysRelease, standingOf, valueAt } from '../images/value.ts';
import { restoration, revertOf } from './revert.ts';
import type { Restoration } from './take-back.ts';
import { targetOf } from './target.ts';

/** How the references of an image policy go back. */
export interface ImageRestoration extends Restoration {
  readonly kind: 'image';
  readonly unit: ImageUnit;
  readonly target: number;
}

/** Looks for references that a person changed since. They are settled already: those set back are no release of ours. */
export async function planImage(batch: Batch, unit: ImageUnit, index: number): Promise<ImageRestoration> {
  const state = batch.state(unit.id);
  const target = targetOf(state, index);
  const recorded = placesOf(state);
  const wanted = placesAt(state, target);
  const edited = (await placedIn(batch, unit, state)).flatMap(({ path, reference }) => {
    const place = placeOf(path, reference.id);
    const present = standingOf(reference.value);
    return present === (recorded[place] ?? present) || present === wanted[place] ? [] : [`${path}:${reference.line}`];
  });
  return { ...restoration(state, index, edited), kind: 'image', unit, target };
}

/** The policy's references that its record knows of, as they are in the tree now. */
async function placedIn(batch: Batch, { image }: ImageUnit, state: UnitState): Promise<Placed[]> {
  const recorded = placesOf(state);
  const places = Object.keys(recorded).filter((place) => (recorded[place] ?? null) !== null);
  const paths = [...new Set(places.map(fileOf))];
  await batch.round.main.open(paths);
  return [...(await batch.references.at(paths)).values()].flatMap(({ path, matched }) =>
    (matched.get(image.name) ?? [])
      .filter(({ id }) => places.includes(placeOf(path, id)))
      .map((reference) => ({ path, reference })),
  );
}

/** Drafts the commit that sets the references back, on top of what was drafted before it. */
export async function restoreImage(batch: Batch, planned: ImageRestoration, why: string): Promise<void> {
  const { unit, target } = planned;
  // Files that went back in this batch may have taken references along.
  const state = batch.state(unit.id);
  const placed = await placedIn(batch, unit, state);
  const wanted = placesAt(state, target);
  const edits: Edit[] = [];
  const changed: Record<string, string> = {};
  for (const { path, reference } of placed) {
    const place = placeOf(path, reference.id);
    const value = valueThen(unit, state, planned.failed, target, wanted, place, reference);
    if (value === null) continue;
    changed[place] = standingOf(value);
    if (standingOf(reference.value) !== standingOf(value)) edits.push({ path, reference, value });
  }
  const { part, summary } = revertOf(batch, { ...planned, state }, target, changed, standings(placed));
  if (edits.length === 0) return batch.put(after(part.before, part.made, part.stood));
  const body = [...bodyOf(edits), `Because ${why}`];
  await commitRelease(batch, [part], {
    ...(await editFiles(batch, edits)),
    summary,
    body,
    claims: {},
    changedAt: null,
  });
}

/** What a reference said then; one that came since says what stands again. Null for what nobody knows. */
function valueThen(
  { image }: ImageUnit,
  { releases }: UnitState,
  failed: Release,
  target: number,
  wanted: Places,
  place: string,
  reference: Reference,
): Value | null {
  const isFailed = (value: Value): boolean => saysRelease(image, value, failed);
  const then = valueAt(wanted[place] ?? null);
  if (then !== null && !isFailed(then)) return then;
  const to = releases[target] ?? null;
  if (isReleased(to)) return valueFor(reference, valueTarget(image, { tag: to.version, digest: to.content }));
  const others = Object.values(wanted).flatMap((standing) => valueAt(standing) ?? []);
  const other = others.find((value) => value.tag !== null && !isFailed(value));
  return other?.tag == null ? null : valueFor(reference, { name: image.written, tag: other.tag, digest: other.digest });
}
