import * as z from 'zod';

const factors = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST = 7 * factors.d;

/** A span of time, written as `90s`, `30m`, `1h` or `2d`; seven days at the most. In milliseconds. */
export function duration(initial: string) {
  return z
    .string()
    .regex(/^[1-9]\d{0,6}[smhd]$/u, { error: 'must be a time like 30m, 1h or 2d (s, m, h, d).' })
    .prefault(initial)
    .transform(toMilliseconds)
    .refine((span) => span <= LONGEST, { error: 'must be at most 7d.' });
}

function toMilliseconds(written: string): number {
  return Number(written.slice(0, -1)) * factors[written.slice(-1) as keyof typeof factors];
}
