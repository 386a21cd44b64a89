import * as z from 'zod';

/** What `drift` may be, and what it means. */
export const driftSchema = z
  .enum(['notify', 'converge'])
  .default('notify')
  .describe(
    'What becomes of it when a cluster is not as Git says: `notify` tells people; `converge` also asks Flux to apply again ' +
      'what was changed by hand.',
  );
