import type { ImageRule } from '../../../shared/config/config.ts';
import { type Places, placesOf, recordOf, type Standing, type UnitState } from '../../../shared/ledger/state.ts';
import type { Reference, Target, Value } from '../../../shared/reference/reference.ts';
import { valueFor } from '../../../shared/reference/value.ts';
import type { ImageUnit } from '../../../shared/unit/unit.ts';
import { placeOf, says, standingOf, valueAt } from './value.ts';

/** A reference and the file that it stands in. */
export interface Placed {
  readonly path: string;
  readonly reference: Reference;
}

/** What an image's references should say. */
export interface Wanted {
  readonly tag: string;
  readonly digest: string;
}

export type ImageDecision =
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'wait'; readonly reason: 'PlaceEdited' | 'ReferenceMissing'; readonly paths: readonly string[] }
  /** Without edits, only the ledger has something to learn. */
  | { readonly kind: 'land'; readonly edits: readonly Edit[]; readonly changed: Places };

export interface Edit extends Placed {
  readonly value: Value;
}

/** What the rule writes into references. */
export function targetOf({ written, pin }: ImageRule, { tag, digest }: Wanted): Target {
  return { name: written, tag, digest: pin === 'digest' ? digest : null };
}

/** Whether a reference says something that was taken back or failed. */
export function saysHeld(state: UnitState, value: Value): boolean {
  if (value.digest !== null && state.held.includes(value.digest)) return true;
  return state.releases.some(
    ({ content, version }) =>
      content !== null && state.held.includes(content) && says(value, { tag: version, digest: content }),
  );
}

/**
 * Decides what becomes of an image's references. `wanted` null: no tag may land, and references that say what is held go
 * back to what stood there before gitferry. Pure.
 */
export function decideImage(
  { image, rule }: ImageUnit,
  state: UnitState,
  placed: readonly Placed[],
  wanted: Wanted | null,
  why: string,
): ImageDecision {
  if (wanted !== null && state.held.includes(wanted.digest)) return { kind: 'nothing', why: 'its content is held' };
  if (placed.length === 0)
    return wanted === null
      ? { kind: 'nothing', why }
      : { kind: 'wait', reason: 'ReferenceMissing', paths: image.files };

  const recorded = placesOf(state);
  const desired = (reference: Reference, place: string): Value | null => {
    if (wanted !== null) return valueFor(reference, targetOf(image, wanted));
    return saysHeld(state, reference.value) ? valueAt(state.before[place] ?? null) : null;
  };
  const edits: Edit[] = [];
  const edited: string[] = [];
  const changed: Record<string, Standing> = {};
  for (const { path, reference } of placed) {
    const place = placeOf(path, reference.id);
    const value = desired(reference, place);
    if (value === null) continue;
    const present = standingOf(reference.value);
    const next = standingOf(value);
    if (recorded[place] !== next) changed[place] = next;
    if (present === next) continue;
    edits.push({ path, reference, value });
    const ours = recorded[place] === undefined || recorded[place] === present || saysHeld(state, reference.value);
    if (!ours) edited.push(`${path}:${reference.line}`);
  }
  if (edited.length > 0 && image.onEdit === 'hold') return { kind: 'wait', reason: 'PlaceEdited', paths: edited };
  const record = recordOf(state);
  const known = wanted === null || (record?.content === wanted.digest && record.rule === rule);
  if (edits.length === 0 && Object.keys(changed).length === 0 && known) return { kind: 'nothing', why };
  return { kind: 'land', edits, changed };
}
