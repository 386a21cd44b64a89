import * as z from 'zod';

/** A rule's name. `#` divides it from a unit's in the ledger. */
export function ruleName() {
  return z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{C}#]+$/u, { error: 'must be one line of text without a #.' })
    .optional();
}

export function bucket() {
  return z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u, { error: 'must be the name of an S3 bucket.' })
    .meta({ examples: ['acme-releases'] });
}

export function prefix() {
  return z
    .string()
    .max(1024)
    .regex(/^(?:[^/\p{C}][^\p{C}]*\/)?$/u, {
      error: 'must end with a slash and not start with one; leave it out for the whole bucket.',
    })
    .refine((written) => !written.startsWith('gitferry-rejected/'), {
      error: 'must not be below gitferry-rejected/, where the reasons of rejected uploads are put.',
    })
    .default('');
}
