import * as z from 'zod';

const LONGEST = 10_000;
const text = z.string().max(LONGEST);
/** What a notice may lack, or have as null. */
const perhaps = text.nullish().transform((value) => value ?? null);
const words = text.nullish().transform((value) => value ?? '');

const where = { deployment: text, repository: text, branch: text };
const why = { reason: words, message: words, hint: words };
const release = {
  release: text,
  unit: text,
  version: perhaps,
  commit: z.string().regex(/^[0-9a-f]{40}$/u),
  summary: words,
  publisher: perhaps,
  source: perhaps,
  reverts: perhaps,
};
const outcome = { ...where, id: text, at: text, unit: perhaps, source: perhaps, publisher: perhaps };
const object = z.object({ apiVersion: text, kind: text, namespace: perhaps, name: text });

const landed = z.object({ ...where, ...release, at: perhaps, landedAt: text });
const verdict = z.object({
  ...where,
  ...release,
  ...why,
  verdict: z.enum(['delivered', 'failed', 'superseded', 'timed-out', 'inconclusive']),
  at: perhaps,
  onFailure: z.enum(['revert', 'hold', 'notify']).nullish().catch(null),
  /** The release that took it back. */
  revertedBy: perhaps,
});
const faulty = z.object({ ...outcome, ...why });
const takenBack = z.object({ ...outcome, paths: z.array(text).default([]) });
const drift = z.object({ ...where, ...why, id: text, at: text, cluster: text, object, gone: z.boolean() });
const nudgeFailed = z.object({ ...where, ...why, id: text, at: text, cluster: text, release: perhaps });

/** What people may be told of, by its type on the bus; whatever else a detail has is left out. */
const details = {
  Landed: landed,
  Verdict: verdict,
  Rejected: faulty,
  Waiting: faulty,
  TakenBack: takenBack,
  Stalled: faulty,
  Drift: drift,
  NudgeFailed: nudgeFailed,
};

type Details = { readonly [Type in keyof typeof details]: z.infer<(typeof details)[Type]> };

/** A notice as `notify` reads it. */
export type Told = { [Type in keyof Details]: { readonly type: Type; readonly detail: Details[Type] } }[keyof Details];

export type Verdict = Extract<Told, { type: 'Verdict' }>['detail'];

const envelope = z.object({ source: z.literal('gitferry'), 'detail-type': z.string(), detail: z.unknown() });

/**
 * Reads an event of the bus: null for a type that nobody is told of.
 * @throws z.ZodError when it is no event of gitferry, or one of these types in another shape.
 */
export function parseTold(event: unknown): Told | null {
  const { 'detail-type': type, detail } = envelope.parse(event);
  if (!Object.hasOwn(details, type)) return null;
  return { type, detail: details[type as keyof Details].parse(detail) } as Told;
}
