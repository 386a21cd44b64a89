import type * as z from 'zod';
import type { Complaint } from './place.ts';

/** A check with a reason of its own, for zod's `superRefine`. */
export function checkedBy(check: (value: string) => Complaint) {
  return (value: string, context: z.core.$RefinementCtx<string>): void => {
    const fault = check(value);
    if (fault !== null)
      context.addIssue({ code: 'custom', message: fault.message, params: { reason: fault.reason }, input: value });
  };
}
