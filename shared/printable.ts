/** Controls, separators of lines, what turns the direction of text, and whatever else a reader could not see. */
const UNSEEN = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]`;
const FIRST = new RegExp(UNSEEN, 'u');
const ALL = new RegExp(UNSEEN, 'gu');

/** Whether a text that others wrote shows all that is in it. */
export function isPrintable(text: string): boolean {
  return !FIRST.test(text);
}

/** A text that others wrote, on one line, without what would steer a terminal or hide from its reader: `\u{202e}`. */
export function printable(text: string): string {
  return text.replace(ALL, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** JSON on one line that a terminal shows as it is: the same value, whoever reads it. */
export function printableJson(value: unknown): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(ALL, (character) => character.split('').map(escaped).join(''));
}
