import * as z from 'zod';
import { bucket, prefix, ruleName } from './bucket-schema.ts';
import { duration } from './duration.ts';

/** What may stand below each key of a rule for release files, and what it means. */
export const releaseSchema = z.strictObject({
  name: ruleName().describe(
    'How messages and the ledger call this rule. By default `s3://<bucket>/<prefix>`. No two rules may have the same.',
  ),
  bucket: bucket().describe('The bucket that CI drops release files into.'),
  prefix: prefix()
    .describe('Where release files (`*.release.yaml`) lie. No mirror’s prefix may lie inside it or around it.')
    .meta({ examples: ['releases/'] }),
  deadline: duration('1h')
    .describe('After this time a release whose members are not all there is rejected: `30m`, `1h`, `2d`, at most `7d`.')
    .meta({ examples: ['30m'] }),
});

export type ReleaseShape = z.output<typeof releaseSchema>;
