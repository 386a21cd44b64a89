import type * as z from 'zod';
import { Rejected } from '../errors.ts';

/** Reads what an event must have. @throws Rejected EventInvalid naming the first field at fault. */
export function needed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.join('.') ?? '';
  const what = path === '' ? 'The event' : `The event's ${path}`;
  throw new Rejected('EventInvalid', `${what} is missing or wrong: ${issue?.message}.`, { facts: { path } });
}
