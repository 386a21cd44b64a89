import * as z from 'zod';
import { duration } from './duration.ts';

/** What may stand below `rollout`, and what it means. */
export const rolloutSchema = z.strictObject({
  deadline: duration('30m')
    .describe('A release that has not ended in the cluster by then is told as timed out: `10m`, `1h`, at most `7d`.')
    .meta({ examples: ['30m'] }),
  onFailure: z
    .enum(['revert', 'hold', 'notify'])
    .default('revert')
    .describe(
      'What becomes of a release that failed: `revert` takes its commit back and holds its content; `hold` leaves it and ' +
        'lets no further release of that unit land until `gitferry release`; `notify` only tells.',
    ),
});
