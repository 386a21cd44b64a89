import * as z from 'zod';
import { rolloutSchema } from '../ledger/state.ts';

const text = z.string().max(10_000);

const landed = z.object({
  deployment: text,
  repository: text,
  branch: text,
  /** ULID. A release of several units is told once for each of them. */
  release: text,
  /** `<mirror>#<name>`, or an image policy's name, which has no `#`. */
  unit: text,
  version: text.nullable(),
  content: text.nullable(),
  commit: z.string().regex(/^[0-9a-f]{40}$/u),
  summary: text,
  publisher: text.nullable(),
  source: text.nullable(),
  /** When it was recorded, ISO 8601. */
  landedAt: text,
  /**
   * Files and folders of the repository that the release changed for this unit, sorted; a folder stands for all below it.
   * At most 100: of more, the folders that hold them.
   */
  paths: z.array(text).max(100),
  /** Of an image policy: what its references say now; null for anything else, and where nothing of ours stands any more. */
  image: z.object({ name: text, tag: text, digest: text }).nullable(),
  /** Milliseconds until it must have ended, and what happens when it failed. */
  rollout: rolloutSchema,
  /** The release that this one took back; null for one that brings something new. */
  reverts: text.nullable(),
});

/** A release of one unit, as the bus tells it: what `nudge`, `verify` and `notify` start from. */
export type Landed = z.infer<typeof landed>;

const envelope = z.object({ source: z.literal('gitferry'), 'detail-type': z.literal('Landed'), detail: landed });

/** Reads an event of the bus; null for any other than a well-formed `Landed`. */
export function landedOf(event: unknown): Landed | null {
  return envelope.safeParse(event).data?.detail ?? null;
}
