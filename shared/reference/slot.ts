import type { Scalar } from 'yaml';
import { Rejected } from '../errors.ts';
import { isPrintable } from '../printable.ts';
import { isPlainString, readPlain } from './plain.ts';

/** A scalar that can be written: where it stands, quotes included, and what readers take it for; empty for null. */
export interface Slot {
  readonly start: number;
  readonly end: number;
  readonly style: 'plain' | 'single' | 'double' | 'block' | 'empty';
  readonly text: string;
}

/** A null that is not even written has room only behind its key's colon. */
function emptySlot(start: number, text: string): Slot | null {
  let at = start;
  while (text[at - 1] === ' ' || text[at - 1] === '\t') at -= 1;
  return text[at - 1] === ':' ? { start: at, end: at, style: 'empty', text: '' } : null;
}

/** The one line of a block scalar. */
function blockSlot(value: string, start: number, end: number, text: string): Slot | null {
  const word = value.trim();
  const at = word === '' || word.includes('\n') ? -1 : text.indexOf(word, text.indexOf('\n', start));
  return at === -1 || at + word.length > end ? null : { start: at, end: at + word.length, style: 'block', text: word };
}

/** Null for what can't be written without touching more than itself. */
export function slotOf(scalar: Scalar, text: string): Slot | null {
  const [start, end] = scalar.range ?? [0, 0];
  switch (scalar.type) {
    case 'QUOTE_DOUBLE':
      return { start, end, style: 'double', text: String(scalar.value) };
    case 'QUOTE_SINGLE':
      return { start, end, style: 'single', text: String(scalar.value) };
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return blockSlot(String(scalar.value), start, end, text);
    default:
      if (start === end) return emptySlot(start, text);
      return { start, end, style: 'plain', text: readPlain(text.slice(start, end), scalar.value) };
  }
}

export function unwritable(sentence: string): Rejected {
  return new Rejected('ReferenceUnwritable', sentence, { hint: 'Edit the file by hand, or write it more plainly.' });
}

/**
 * What is to stand there, in the quotes that are there already; quotes are added where the word would be no string.
 *
 * @throws Rejected `ReferenceUnwritable`
 */
export function writeSlot({ style, text: old }: Slot, text: string): string {
  if (!isPrintable(text)) throw unwritable(`${JSON.stringify(text)} can't be written to a file.`);
  if (style === 'single') return `'${text.replaceAll("'", "''")}'`;
  if (style === 'double') return JSON.stringify(text);
  if (style === 'block') {
    if (text === '' || text.trim() !== text)
      throw unwritable(`${JSON.stringify(old)} can't be emptied where it stands.`);
    return text;
  }
  const word = isPlainString(text) ? text : JSON.stringify(text);
  return style === 'empty' ? ` ${word}` : word;
}
