import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

/** A text that the whole of something must match. */
const whole = z.string().transform((text) => new RegExp(`^(?:${text})$`, 'u'));
const why = z.string().min(20);
const Explained = z.strictObject({
  wide: z.array(z.strictObject({ action: whole, resource: whole, why })),
  findings: z.array(z.strictObject({ rule: z.string(), of: whole, why })),
});

/** What reviewers ask about, and the answers: `explained.yml`. */
export async function readExplained(): Promise<z.infer<typeof Explained>> {
  return Explained.parse(parse(await readFile(join(import.meta.dirname, 'explained.yml'), 'utf8')));
}

/** What no entry speaks of; and entries that speak of nothing. */
export function unexplained<T, E>(
  things: readonly T[],
  entries: readonly E[],
  speaksOf: (entry: E, thing: T) => boolean,
): { readonly things: readonly T[]; readonly entries: readonly E[] } {
  return {
    things: things.filter((thing) => !entries.some((entry) => speaksOf(entry, thing))),
    entries: entries.filter((entry) => !things.some((thing) => speaksOf(entry, thing))),
  };
}
