import * as z from 'zod';

const factors = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** A number of bytes, written as such or as `25MiB`; 1 GiB at the most. */
export function size(initial: string) {
  return z
    .union([z.int().min(1).max(factors.GiB), z.string().regex(/^[1-9]\d{0,9}(?:KiB|MiB|GiB)$/u)], {
      error: 'must be a number of bytes, or a size like 25MiB (KiB, MiB, GiB).',
    })
    .prefault(initial)
    .transform(toBytes)
    .refine((bytes) => bytes >= 1 && bytes <= factors.GiB, { error: 'must be at least one byte and at most 1GiB.' });
}

function toBytes(written: number | string): number {
  if (typeof written === 'number') return written;
  return Number(written.slice(0, -3)) * factors[written.slice(-3) as keyof typeof factors];
}
