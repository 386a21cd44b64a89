import * as z from 'zod';
import { beside } from './object.ts';

/** What became of a release in the cluster. */
export const outcome = z.enum(['delivered', 'failed', 'superseded', 'timed-out', 'inconclusive']);

const ulid = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/u);
const unit = z.string().min(1).max(2000);
const words = z.string().max(4000);

export const verdictChange = z.object({
  kind: z.literal('verdict'),
  unit,
  release: ulid,
  verdict: outcome,
  /** CamelCase, stable: `CanaryFailed`, `PodNotReady`, … */
  reason: z.string().regex(/^[A-Z][A-Za-z]{1,99}$/u),
  /** One sentence, with the agent's, the pods' or Flagger's own words where they have any. */
  message: words,
  hint: words.default(''),
});

export const rollbackChange = z.object({
  kind: z.literal('rollback'),
  unit,
  release: ulid,
  /** Who asked, and why: claims. */
  by: beside,
  why: words.default(''),
});

export const liftChange = z.object({
  kind: z.literal('lift'),
  unit,
  version: z.string().min(1).max(500),
  by: beside,
});

/** How a release ended, as `verify` saw it. */
export type VerdictChange = z.infer<typeof verdictChange>;

/** A person wants a release taken back. */
export type RollbackChange = z.infer<typeof rollbackChange>;

/** A person lets a version land that is held. */
export type LiftChange = z.infer<typeof liftChange>;

export type Outcome = z.infer<typeof outcome>;
