import type { ImageRule } from '../../../shared/config/config.ts';
import { REMOVED, type Release, recordOf, type UnitState } from '../../../shared/ledger/state.ts';
import type { Reference, Target, Value } from '../../../shared/reference/reference.ts';
import { valueFor } from '../../../shared/reference/value.ts';
import { saysRelease, valueAt } from './value.ts';

/** What an image's references should say. */
export interface Wanted {
  readonly tag: string;
  readonly digest: string;
}

/** What the rule writes into references. */
export function targetOf({ written, pin }: ImageRule, { tag, digest }: Wanted): Target {
  return { name: written, tag, digest: pin === 'digest' ? digest : null };
}

/** Whether a reference says something that was taken back or failed. */
export function saysHeld(image: ImageRule, { held, releases }: UnitState, value: Value): boolean {
  if (value.digest !== null) return held.includes(value.digest);
  const said = releases.findLast((past) => saysRelease(image, value, past));
  return said !== undefined && held.includes(said.content ?? '');
}

/** Whether a record is a content, and not what people left, or what stood there before gitferry. */
export function isReleased(
  record: Release | null,
): record is Release & { readonly content: string; readonly version: string } {
  return record !== null && record.content !== null && record.content !== REMOVED && record.version !== null;
}

/**
 * What a reference is to say by the record: its content or, where that is none, what people left or what stood there.
 * Null where that is held, or not known.
 */
export function recordedValue(image: ImageRule, state: UnitState, reference: Reference): Value | null {
  const record = recordOf(state);
  if (isReleased(record)) {
    if (state.held.includes(record.content)) return null;
    return valueFor(reference, targetOf(image, { tag: record.version, digest: record.content }));
  }
  const left = Object.entries(record?.changed ?? {}).flatMap(([place, standing]) => {
    const value = valueAt(standing);
    const isOld = state.before[place] === standing;
    return value === null || value.tag === null ? [] : [{ value, tag: value.tag, isOld }];
  });
  // What people left is theirs to choose, even if all of it is held: then rather what was there before gitferry.
  const chosen = left.find(({ value }) => !saysHeld(image, state, value)) ?? left.find(({ isOld }) => isOld) ?? left[0];
  if (chosen === undefined) return null;
  return valueFor(reference, { name: image.written, tag: chosen.tag, digest: chosen.value.digest });
}
