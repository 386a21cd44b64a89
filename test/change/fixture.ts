import { readFileSync } from 'node:fs';

/** The text of an event in `test/fixtures/events`. */
export function eventText(name: string): string {
  return readFileSync(new URL(`../fixtures/events/${name}.json`, import.meta.url), 'utf8');
}

/** The same, one text in it replaced by another; fails when it is not there. */
export function eventWith(name: string, old: string, replacement: string): string {
  const [text, quoted] = [eventText(name), JSON.stringify(old)];
  if (!text.includes(quoted)) throw new Error(`${name} does not hold ${quoted}`);
  return text.replace(quoted, () => JSON.stringify(replacement));
}
