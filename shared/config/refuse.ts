import { Rejected } from '../errors.ts';
import type { Document } from './document.ts';
import type { Fault, Finding } from './fault.ts';

/** As many faults as one message can carry. */
const FAULTS = 100;

/** A file's faults as one error, or null when there are none; `file` starts the sentence. */
export function refuse(
  about: { readonly reason: string; readonly file: string; readonly hint: string },
  document: Document,
  findings: readonly Finding[],
): Rejected | null {
  const count = document.faults.length + findings.length;
  if (count === 0) return null;
  const placed = findings.slice(0, FAULTS).map(document.place);
  const faults = [...document.faults, ...placed].slice(0, FAULTS).toSorted(byPlace);
  const [first] = faults;
  const more = count > 1 ? ` (and ${count - 1} more)` : '';
  return new Rejected(
    about.reason,
    `${about.file} line ${first?.line}, column ${first?.column}: ${first?.message}${more}`,
    { hint: about.hint, facts: { faults, count } },
  );
}

function byPlace(a: Fault, b: Fault): number {
  return a.line - b.line || a.column - b.column;
}
