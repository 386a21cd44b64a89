import * as z from 'zod';
import { isTag } from '../image/image.ts';
import { checkedBy } from './checked.ts';
import { checkGlob } from './glob.ts';
import { checkImageName, checkPattern } from './image.ts';
import { versionRange } from './version-range.ts';

const order = z
  .enum(['asc', 'desc'])
  .default('asc')
  .describe('`asc` takes the last in ascending order, `desc` the last in descending order.');

/** What may stand below each key of an image, and what it means; what keys mean together is in `image-rules.ts`. */
export const imageSchema = z.strictObject({
  image: z
    .string()
    .max(512)
    .superRefine(checkedBy(checkImageName))
    .describe(
      'The image, with its registry and without tag and digest. Docker Hub’s short names are read as runtimes do.',
    )
    .meta({ examples: ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api'] }),
  name: z
    .string()
    .max(317)
    .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?:)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/u, {
      error: 'must be a policy as Flux’s markers call it, like flux-system:shop-api.',
    })
    .optional()
    .describe(
      'The policy’s name, as Flux’s markers call it: `<namespace>:<name>`, or the name alone for the namespace `flux-system`. ' +
        'By default the last part of the repository’s name. No two rules may have the same.',
    )
    .meta({ examples: ['flux-system:shop-api'] }),
  policy: z
    .strictObject({
      semver: versionRange()
        .optional()
        .describe(
          'The highest version within this range, a `v` before it allowed; prereleases only if the range names one.',
        )
        .meta({ examples: ['>=1.0.0 <2.0.0'] }),
      numerical: z.strictObject({ order }).optional().describe('The largest number, of any length.'),
      alphabetical: z.strictObject({ order }).optional().describe('The last tag in the order of its letters.'),
      digest: z
        .string()
        .refine(isTag, { error: 'must be a tag, like latest.' })
        .optional()
        .describe('Whatever this one tag points to.')
        .meta({ examples: ['latest'] }),
    })
    .describe('Which tag is wanted, as Flux’s `ImagePolicy` says it: exactly one of these.')
    .meta({ minProperties: 1, maxProperties: 1 }),
  filterTags: z
    .strictObject({
      pattern: z
        .string()
        .min(1)
        .max(1000)
        .superRefine(checkedBy(checkPattern))
        .describe('A regular expression in RE2’s syntax, which a tag must match somewhere.')
        .meta({ examples: ['^main-[a-f0-9]+-(?P<ts>[0-9]+)$'] }),
      extract: z
        .string()
        .max(200)
        .regex(/^[ -~]*$/u, { error: 'must be ASCII.' })
        .optional()
        .describe(
          'What the policy compares instead of the tag: groups of the pattern, `$ts` or `$1`, with the name in braces where a letter follows.',
        )
        .meta({ examples: ['$ts'] }),
    })
    .optional()
    .describe('Only tags that match are looked at.'),
  files: z
    .array(z.string().min(1).superRefine(checkedBy(checkGlob)))
    .min(1)
    .max(100)
    .default(['**/*.{yaml,yml}'])
    .describe(
      'The files in which references are looked for, always YAML: globs with `*`, `?`, `**` and `{a,b}`. Fewer are faster.',
    )
    .meta({ examples: [['apps/**/*.yaml']] }),
  pin: z
    .enum(['digest', 'tag'])
    .default('digest')
    .describe('Whether references get `tag@sha256:…` wherever they can carry it, or the tag alone.'),
  onEdit: z
    .enum(['hold', 'overwrite'])
    .default('hold')
    .describe('What happens when a person edited a reference that gitferry wrote: wait and tell, or overwrite.'),
});

export type ImageShape = z.output<typeof imageSchema>;
