import type * as z from 'zod';
import type { Finding } from './fault.ts';

/** A rule as far as it can be read, and where in the file it stands. */
export interface Written<Shape> {
  /** The keys that the file names, defaults left out. */
  readonly keys: ReadonlySet<string>;
  /** What is right by itself, defaults included; what is wrong is left out. */
  readonly sound: Partial<Shape>;
  /** As it is in the file, unread. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly path: Finding['path'];
}

const MOST = 1000;

/** The rules of one list of the file, as far as there is one. */
export function readList<Shape>(
  value: unknown,
  list: string,
  { shape }: z.ZodObject & { readonly _zod: { readonly output: Shape } },
): readonly Written<Shape>[] {
  const entries = (value as Readonly<Record<string, unknown>> | null)?.[list];
  if (!Array.isArray(entries)) return [];
  return entries.slice(0, MOST).flatMap((raw: unknown, index): readonly Written<Shape>[] => {
    if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) return [];
    const values = Object.entries(shape).flatMap(([key, schema]) => {
      const { data, success } = (schema as z.ZodType).safeParse((raw as Record<string, unknown>)[key]);
      return success && data !== undefined ? [[key, data]] : [];
    });
    const sound = Object.fromEntries(values) as Partial<Shape>;
    return [{ keys: new Set(Object.keys(raw)), sound, raw: raw as Record<string, unknown>, path: [list, index] }];
  });
}
