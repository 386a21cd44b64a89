import * as z from 'zod';
import { parseRange } from '../version.ts';

export function versionRange() {
  return z
    .string()
    .max(1000)
    .refine((range) => parseRange(range) !== null, {
      error: 'must be a range of semantic versions, like ">=6.0.0 <7.0.0".',
    });
}
