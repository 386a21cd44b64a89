import type * as z from 'zod';
import { Rejected } from '../errors.ts';

/** Reads what an event must have. @throws Rejected EventInvalid naming the first field at fault. */
export function needed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  throw new Rejected('EventInvalid', `The event's ${path} is missing or wrong: ${issue?.message}.`, {
    facts: { path },
  });
}
