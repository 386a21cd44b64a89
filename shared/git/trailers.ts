import { printable } from '../printable.ts';

/** Trailers as `git interpret-trailers` writes them: `Key: value` lines in the last paragraph of a message. */
export type Trailers = readonly (readonly [key: string, value: string])[];

/** One trailer's value on one line: control characters are written as escapes, so that a value can't add a trailer, and JSON stays JSON. */
function oneLine(value: string): string {
  return value.replace(
    /[\u0000-\u001f\u007f\u0085\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A commit message: subject, body, trailers. No text given to it can start a line of its own. */
export function renderMessage(subject: string, body: readonly string[], trailers: Trailers): string {
  const paragraphs = [
    printable(subject),
    ...(body.length === 0 ? [] : [body.map(printable).join('\n')]),
    trailers.map(([key, value]) => `${key}: ${oneLine(value)}`).join('\n'),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}

/** The values of one trailer in a message, in order. */
export function readTrailer(message: string, key: string): string[] {
  const last =
    message
      .trimEnd()
      .split(/\n{2,}/u)
      .at(-1) ?? '';
  return last.split('\n').flatMap((line) => (line.startsWith(`${key}: `) ? [line.slice(key.length + 2)] : []));
}
