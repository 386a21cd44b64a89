import { Rejected } from '../errors.ts';
import { checkEdit, type Edit } from './check.ts';
import type { Value } from './reference.ts';
import type { Form } from './sketch.ts';
import { unwritable, writeSlot } from './slot.ts';
import { survey } from './survey.ts';
import { renderValue } from './value.ts';

export { renderValue, sameValue, valueFor } from './value.ts';

/** What masks a value; no valid tag, so that no file holds it by chance. */
const MASK = '(image)';

function textFor(form: Form, value: Value): string {
  switch (form) {
    case 'image':
      return renderValue(value);
    case 'pair':
      return renderValue({ ...value, name: null });
    case 'hex':
      return value.digest?.replace('sha256:', '') ?? '';
    default:
      return value[form] ?? '';
  }
}

/** The text with its spans replaced, in one pass. */
function apply(text: string, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const edit of [...edits].sort((one, other) => one.start - other.start)) {
    if (edit.start < at) throw unwritable('Two references overlap.');
    pieces.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  return pieces.join('') + text.slice(at);
}

/**
 * The text with these references (by their ids) set to these values; touches only their spans. What it makes is parsed
 * again, and differs only in what was asked.
 *
 * @throws Rejected `ReferenceMissing`, `ReferenceUnwritable`, and what `findReferences` throws
 */
export function setReferences(text: string, images: ReadonlySet<string>, values: ReadonlyMap<string, Value>): string {
  const before = survey(text, images);
  const byId = new Map(before.located.map((one) => [one.reference.id, one]));
  const edits = new Map<number, Edit>();
  for (const [id, asked] of values) {
    const one = byId.get(id);
    if (one === undefined) {
      throw new Rejected('ReferenceMissing', `The file has no reference ${JSON.stringify(id)}.`, {
        hint: 'Look for it again.',
      });
    }
    const name = one.reference.carries.includes('name') ? asked.name : one.reference.value.name;
    for (const { slot, form } of one.written) {
      const wanted = textFor(form, { ...asked, name });
      if (wanted === slot.text) continue;
      const edit = { start: slot.start, end: slot.end, text: writeSlot(slot, wanted) };
      const other = edits.get(edit.start);
      if (other !== undefined && other.text !== edit.text)
        throw unwritable(`${JSON.stringify(id)} shares a value that is to be set otherwise.`);
      edits.set(edit.start, edit);
    }
  }
  if (edits.size === 0) return text;
  const edited = apply(text, [...edits.values()]);
  checkEdit(before, survey(edited, images), [...edits.values()], values);
  return edited;
}

/**
 * The text with what policies may edit replaced by a fixed word: equal for two texts that differ in nothing else.
 *
 * @throws Rejected as `findReferences` does
 */
export function maskReferences(text: string, images: ReadonlySet<string>): string {
  const edits = new Map<number, Edit>();
  for (const { reference, written } of survey(text, images).located) {
    for (const { slot, form } of written) {
      const name = form === 'image' && !reference.carries.includes('name') ? `${reference.value.name}:` : '';
      const { start, end, style } = slot;
      edits.set(start, { start, end, text: `${style === 'empty' ? ' ' : ''}${name}${MASK}` });
    }
  }
  return apply(text, [...edits.values()]);
}
