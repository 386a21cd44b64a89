import * as z from 'zod';
import { type Landed, landedOf } from './landed.ts';

/** One look of a chain of looks at a release, as `verify` sends it to itself with a delay. */
export interface Look {
  readonly kind: 'look';
  readonly landed: Landed;
  /** Which look of the chain it is; the first is 1. */
  readonly look: number;
}

/**
 * Something was reported from a cluster, so that a look may be worth it sooner. It proves nothing and starts nothing: the
 * releases that are followed now are looked at, those alone that concern one of these objects where there are any.
 */
export interface LookNow {
  readonly kind: 'look-now';
  readonly objects: readonly Reported[];
}

/** An object that a report speaks of; claims. */
export interface Reported {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** How many objects one report may speak of: of more, it speaks of all. */
const MOST = 20;

const name = z.string().max(253);
const reported = z.object({ kind: name, namespace: name, name });
const look = z.object({ gitferry: z.literal('look'), look: z.int().min(1).max(100_000), landed: z.unknown() });
const lookNow = z.object({ gitferry: z.literal('look-now'), objects: z.array(reported).max(MOST).default([]) });

/** The body of a message of the looks queue. */
export function formatLook(sent: Look | LookNow): string {
  if (sent.kind === 'look') return JSON.stringify({ gitferry: 'look', look: sent.look, landed: sent.landed });
  const objects = sent.objects.map((one) => ({ kind: one.kind, namespace: one.namespace, name: one.name }));
  const sound = objects.length <= MOST && objects.every((one) => reported.safeParse(one).success);
  return JSON.stringify({ gitferry: 'look-now', objects: sound ? objects : [] });
}

/** Reads a message of the looks queue; an event of the bus that something landed is the first look. Null for any other. */
export function parseLook(value: unknown): Look | LookNow | null {
  const landed = landedOf(value);
  if (landed !== null) return { kind: 'look', landed, look: 1 };
  const now = lookNow.safeParse(value);
  if (now.success) return { kind: 'look-now', objects: now.data.objects };
  const own = look.safeParse(value);
  if (!own.success) return null;
  const inner = landedOf({ source: 'gitferry', 'detail-type': 'Landed', detail: own.data.landed });
  return inner === null ? null : { kind: 'look', landed: inner, look: own.data.look };
}
