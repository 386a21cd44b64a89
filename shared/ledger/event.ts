import * as z from 'zod';
import { rolloutSchema } from './state.ts';

/**
 * What one ledger commit records: the outcomes of a batch, in `events.json`. Together with the commits that carry them
 * they are the audit log; nothing is ever taken out.
 */
const common = {
  /** ULID; the same outcome told twice carries the same id. */
  id: z.string(),
  at: z.string(),
  unit: z.string().nullable(),
  source: z.string().nullable(),
  /** What AWS says of who uploaded it; null when that can't be told. */
  publisher: z.string().nullable(),
};

export const ledgerEvent = z.discriminatedUnion('type', [
  z.object({
    ...common,
    type: z.literal('landed'),
    version: z.string().nullable(),
    content: z.string(),
    commit: z.string(),
    summary: z.string(),
    /** What CI wrote beside the object: claims, not facts. */
    claims: z.record(z.string(), z.string()),
    /** When the change happened at its source; null when no event told. */
    changedAt: z.string().nullable(),
    /** The release that this one took back. */
    reverts: z.string().optional(),
  }),
  /** What was asked for stood there already, put there by a person. */
  z.object({ ...common, type: z.literal('adopted'), version: z.string().nullable(), content: z.string() }),
  z.object({
    ...common,
    type: z.literal('rejected'),
    reason: z.string(),
    message: z.string(),
    hint: z.string(),
    content: z.string().nullable(),
  }),
  z.object({
    ...common,
    type: z.literal('waiting'),
    reason: z.string(),
    message: z.string(),
    hint: z.string(),
    paths: z.array(z.string()),
  }),
  /** A person set a place back: these contents don't return by themselves. */
  z.object({ ...common, type: z.literal('taken-back'), paths: z.array(z.string()), held: z.array(z.string()) }),
  /** How a release ended in the cluster. `onFailure`: what its rule says of a failed one. */
  z.object({
    ...common,
    type: z.literal('verdict'),
    release: z.string(),
    verdict: z.string(),
    reason: z.string(),
    message: z.string(),
    hint: z.string(),
    onFailure: rolloutSchema.shape.onFailure,
  }),
  /** A person asked for a release to be taken back. */
  z.object({ ...common, type: z.literal('asked'), release: z.string(), by: z.string().nullable(), why: z.string() }),
  /** A person let contents land again that were held. */
  z.object({ ...common, type: z.literal('lifted'), contents: z.array(z.string()), by: z.string().nullable() }),
  z.object({ ...common, type: z.literal('stalled'), reason: z.string(), message: z.string(), hint: z.string() }),
]);

export type LedgerEvent = z.infer<typeof ledgerEvent>;
