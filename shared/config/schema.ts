import * as z from 'zod';
import { bucket, prefix, ruleName } from './bucket-schema.ts';
import { checkedBy } from './checked.ts';
import { driftSchema } from './drift-schema.ts';
import { imageSchema } from './image-schema.ts';
import { checkFolder, checkTemplate } from './place.ts';
import { releaseSchema } from './release-schema.ts';
import { rolloutSchema } from './rollout-schema.ts';
import { size } from './size.ts';
import { versionRange } from './version-range.ts';

const kind = z
  .string()
  .max(100)
  .regex(/^[A-Z][A-Za-z0-9]*$/u, { error: 'must be the kind of a Kubernetes object, like Role.' });
const kinds = z.array(kind).max(100).default([]);

/** What may stand below each key, and what it means; what keys mean together is in `rules.ts`. */
export const mirrorSchema = z
  .strictObject({
    name: ruleName()
      .describe(
        'How messages and the ledger call this mirror. By default `s3://<bucket>/<prefix>`. No two rules may have the same.',
      )
      .meta({ examples: ['production charts'] }),
    bucket: bucket().describe('The bucket that CI drops into.'),
    prefix: prefix()
      .describe('Only keys that start with this are mirrored.')
      .meta({ examples: ['charts/'] }),
    chart: z
      .string()
      .max(1024)
      .meta({ examples: ['charts/{name}'] })
      .transform(withoutLastSlash)
      .superRefine(checkedBy(checkTemplate))
      .optional()
      .describe(
        'The uploads are Helm charts (`podinfo-6.14.1.tgz`), and this is where each of them stands in the repository, with ' +
          '`{name}` and `{version}` in it. The whole folder is replaced by what the archive holds. Either this or `files`.',
      ),
    unpack: z
      .boolean()
      .default(true)
      .describe(
        'Whether charts are unpacked, so that a change can be reviewed. With `false`, `chart` names the archive’s own path.',
      ),
    versions: versionRange()
      .optional()
      .describe(
        'Only chart versions within this range land; prereleases only if the range names one (`>=6.0.0-0`). By default every release.',
      )
      .meta({ examples: ['>=6.0.0 <7.0.0'] }),
    select: z
      .enum(['highest', 'newest-upload'])
      .default('highest')
      .describe('Which of several versions of one chart lands.'),
    allowRepublish: z
      .boolean()
      .default(false)
      .describe('Whether a chart version that landed may come again with other bytes.'),
    files: z
      .string()
      .max(1024)
      .meta({ examples: ['apps/production'] })
      .transform(withoutLastSlash)
      .superRefine(checkedBy(checkFolder))
      .optional()
      .describe(
        'The uploads are files, and this is the folder of the repository that they are copied into (`.` for its root). ' +
          'Bundles (.tgz, .tar.gz, .tar, .zip) are unpacked. Either this or `chart`.',
      ),
    onDelete: z
      .enum(['keep', 'remove'])
      .default('keep')
      .describe('What happens in the repository when an upload is deleted. Lifecycle expiry never counts.'),
    onEdit: z
      .enum(['hold', 'overwrite'])
      .default('hold')
      .describe('What happens when a person edited what gitferry put there: wait and tell, or overwrite.'),
    allowKinds: kinds
      .describe('Kinds of objects that are open here although they are closed by default.')
      .meta({ examples: [['Role', 'RoleBinding']] }),
    denyKinds: kinds.describe('Kinds of objects that are closed here.').meta({ examples: [['Secret']] }),
    limits: z
      .strictObject({
        object: size('25MiB').describe('The largest upload.'),
        packed: size('20MiB').describe('The largest archive as it is uploaded.'),
        unpacked: size('100MiB').describe('The largest archive when it is unpacked.'),
        files: z.int().min(1).max(1_000_000).default(10_000).describe('The most files in an archive.'),
      })
      .prefault({})
      .describe('What is larger is rejected. Sizes are bytes, or written like `25MiB`.'),
    removals: z
      .strictObject({
        share: z.number().min(0).max(1).default(0.5).describe('The share of this mirror’s files, 0 to 1.'),
        atLeast: z.int().min(1).max(1_000_000).default(10).describe('Fewer removals than this are never rejected.'),
      })
      .prefault({})
      .describe('Removals within a day of more than this share of the mirror’s files are rejected.'),
  })
  // For editors; `rules.ts` says it in words.
  .meta({ oneOf: [{ required: ['chart'] }, { required: ['files'] }] });

export const configSchema = z
  .strictObject({
    apiVersion: z.literal('gitferry.dev/v1').default('gitferry.dev/v1').describe('The version of this format.'),
    mirrors: z.array(mirrorSchema).max(1000).prefault([]).describe('What goes from which bucket to where.'),
    images: z
      .array(imageSchema)
      .max(1000)
      .prefault([])
      .describe('Which images are kept at which tag, and in which files.'),
    releases: z
      .array(releaseSchema)
      .max(100)
      .prefault([])
      .describe('Where release files lie, which say what lands together.'),
    commit: z
      .strictObject({
        mode: z.literal('push').default('push').describe('How commits reach the branch.'),
        author: z
          .string()
          .max(300)
          .regex(/^[^<>\p{C}]*[^<>\p{C}\s] <[^<>\p{C}\s]+@[^<>\p{C}\s]+>$/u, {
            error: 'must be a name and an address, like "gitferry <gitferry@acme.example>".',
          })
          .default('gitferry <noreply@gitferry.dev>')
          .describe('Who makes the commits.')
          .meta({ examples: ['gitferry <gitferry@acme.example>'] }),
      })
      .prefault({})
      .describe('The commits that gitferry makes.'),
    rollout: rolloutSchema
      .prefault({})
      .describe('How releases are followed in the clusters that gitferry is connected to.'),
    drift: driftSchema,
  })
  .describe('gitferry.yaml, at the root of the main repository: what goes where.');

export type MirrorShape = z.output<typeof mirrorSchema>;
export type ConfigShape = z.output<typeof configSchema>;

/** Keys of the format whose feature is not there yet, by their path: refused, never passed over. */
export const notSupportedYet: ReadonlySet<string> = new Set(['checks', 'images[].signature']);

function withoutLastSlash(path: string): string {
  return path.replace(/\/$/u, '');
}
