import type { ImageRule } from '../../../shared/config/config.ts';
import { parseImage } from '../../../shared/image/image.ts';
import { placeOf } from '../../../shared/ledger/place.ts';
import { type Places, placesOf, recordOf, type Standing, type UnitState } from '../../../shared/ledger/state.ts';
import type { Reference, Value } from '../../../shared/reference/reference.ts';
import { valueFor } from '../../../shared/reference/value.ts';
import type { ImageUnit } from '../../../shared/unit/unit.ts';
import { isReleased, recordedValue, saysHeld, targetOf, type Wanted } from './recorded.ts';
import { saysRelease, standingOf, valueAt } from './value.ts';

/** A reference and the file that it stands in. */
export interface Placed {
  readonly path: string;
  readonly reference: Reference;
}

export type ImageDecision =
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'wait'; readonly reason: 'PlaceEdited' | 'ReferenceMissing'; readonly paths: readonly string[] }
  /** Without edits, only the ledger has something to learn. */
  | { readonly kind: 'land'; readonly edits: readonly Edit[]; readonly changed: Places };

export interface Edit extends Placed {
  readonly value: Value;
}

/** A reference as it is, and what the record has there; undefined for one that is new. */
interface Seen {
  readonly value: Value;
  readonly place: string;
  readonly present: Standing;
  readonly recorded: Standing | undefined;
}

/**
 * Decides what becomes of an image's references. `wanted` null: no tag may land, and references that say what is held go
 * back to what stood there before gitferry, or to what the record has instead. Pure.
 */
export function decideImage(
  unit: ImageUnit,
  state: UnitState,
  placed: readonly Placed[],
  wanted: Wanted | null,
  why: string,
): ImageDecision {
  const { image, rule } = unit;
  if (wanted !== null && state.held.includes(wanted.digest)) return { kind: 'nothing', why: 'its content is held' };
  if (placed.length === 0)
    return wanted === null
      ? { kind: 'nothing', why }
      : { kind: 'wait', reason: 'ReferenceMissing', paths: image.files };

  const record = recordOf(state);
  const known =
    wanted === null || (record?.content === wanted.digest && record.version === wanted.tag && record.rule === rule);
  const places = placesOf(state);
  const edits: Edit[] = [];
  const edited: string[] = [];
  const changed: Record<string, Standing> = {};
  for (const { path, reference } of placed) {
    const place = placeOf(path, reference.id);
    const present = standingOf(reference.value);
    const seen = { value: reference.value, place, present, recorded: places[place] ?? undefined };
    if (known && isLeft(unit, seen, wanted)) continue;
    const value =
      wanted === null ? restored(unit, state, reference, seen) : valueFor(reference, targetOf(image, wanted));
    if (value === null) continue;
    const next = standingOf(value);
    if (seen.recorded !== next || present !== next) changed[place] = next;
    if (present === next) continue;
    edits.push({ path, reference, value });
    if (seen.recorded !== undefined && seen.recorded !== present && !isMoved(image, reference, seen.recorded))
      edited.push(`${path}:${reference.line}`);
  }
  if (edited.length > 0 && image.onEdit === 'hold') return { kind: 'wait', reason: 'PlaceEdited', paths: edited };
  if (edits.length === 0 && Object.keys(changed).length === 0 && known) return { kind: 'nothing', why };
  return { kind: 'land', edits, changed };
}

/** Whether a reference names the rule's image now, and named another when it was recorded: it was moved with the rule. */
function isMoved({ image }: ImageRule, reference: Reference, recorded: Standing): boolean {
  const name = valueAt(recorded)?.name ?? null;
  return name !== null && reference.image === image && parseImage(name)?.image !== image;
}

/** Whether people set a reference back to another spelling of what it is to say: the rule is not applied to it again. */
function isLeft({ image }: ImageUnit, { value, present, recorded }: Seen, wanted: Wanted | null): boolean {
  return (
    wanted !== null &&
    recorded === present &&
    saysRelease(image, value, { version: wanted.tag, content: wanted.digest })
  );
}

/** What a reference that still says what is held goes back to; null for all others. */
function restored(
  { image }: ImageUnit,
  state: UnitState,
  reference: Reference,
  { value, place, present, recorded }: Seen,
): Value | null {
  if (isReleased(recordOf(state)) || !saysHeld(image, state, value)) return null;
  // Whoever wrote it there since, or set it back to that, meant it; and what people left is the record.
  if ((recorded !== undefined && recorded !== present) || isSetBack(state, place)) return null;
  if (Object.values(recordOf(state)?.changed ?? {}).includes(present)) return null;
  const choices = [valueAt(state.before[place] ?? null), recordedValue(image, state, reference)]
    .filter((choice) => choice !== null)
    .filter((choice) => standingOf(choice) !== present);
  return choices.find((choice) => !saysHeld(image, state, choice)) ?? choices[0] ?? null;
}

/** Whether the last that is known of a reference is that people set it back to what it said before. */
function isSetBack({ before, releases }: UnitState, place: string): boolean {
  const past = releases.filter(({ changed }) => place in changed);
  const [last, ...others] = past.toReversed();
  const stood = [before[place], ...others.map(({ changed }) => changed[place])];
  return last !== undefined && last.release === null && others.length > 0 && stood.includes(last.changed[place]);
}
