import { createHash } from 'node:crypto';
import * as z from 'zod';
import { Retryable } from '../../../shared/errors.ts';
import { type Landed, landedOf } from '../../../shared/notice/landed.ts';
import type { Table } from '../../../shared/table/table.ts';
import { memory, NOTHING_REMEMBERED } from '../facts.ts';
import { learnt, NOTHING_LEARNT } from '../look/look.ts';

/** Longer than one invocation may take: a look that was begun and not ended by then never will be. */
const INVOCATION = 75_000;
/** So much later than it was due, the message of a look is not coming any more. */
const LOST = 180_000;
/** A release without a verdict is told again for a day; the chain is remembered for longer. */
const KEPT = 2 * 24 * 60 * 60_000;

const chain = z.object({
  /** Which look is under way, or comes next. */
  look: z.int(),
  phase: z.enum(['looking', 'scheduled', 'ended']),
  /** Milliseconds since 1970: when the look was begun, or when it is due. */
  since: z.number(),
  startedAt: z.number(),
  landed: z.unknown(),
  memory,
  learnt,
  /** What was sent as the verdict. */
  verdict: z.object({ verdict: z.string(), reason: z.string(), message: z.string(), hint: z.string() }).nullable(),
});

/** What the table holds of the looks at one release of one unit. */
export type Chain = Omit<z.infer<typeof chain>, 'landed'> & { readonly landed: Landed };

/** A chain, and the version of its item. */
export interface Held {
  readonly chain: Chain;
  readonly version: number | null;
}

/** As long as a table's key may be, in bytes. */
const LONGEST = 2000;

export function keyOf({ release, unit }: Pick<Landed, 'release' | 'unit'>): string {
  const key = `look:${release}:${unit}`;
  return Buffer.byteLength(key) <= LONGEST ? key : `look:${createHash('sha256').update(key).digest('hex')}`;
}

/** Null when there is none; what can't be read counts as lost. The version is that of whatever stands there. */
export async function readChain(table: Table, key: string): Promise<{ chain: Chain | null; version: number | null }> {
  const item = await table.read(key);
  if (item === null) return { chain: null, version: null };
  const parsed = chain.safeParse(item.value).data;
  const landed = landedOf({ source: 'gitferry', 'detail-type': 'Landed', detail: parsed?.landed });
  return { chain: parsed === undefined || landed === null ? null : { ...parsed, landed }, version: item.version };
}

/** Writes if nobody else has since; null when somebody has. */
export async function writeChain(table: Table, { chain, version }: Held): Promise<Held | null> {
  const expires = new Date(chain.startedAt + chain.landed.rollout.deadline + KEPT);
  if (!(await table.write(keyOf(chain.landed), chain, version, expires))) return null;
  return { chain, version: (version ?? 0) + 1 };
}

/** What a message of a look finds. `ended`: the verdict was sent. `mine`: it has claimed the look. */
export type Claim =
  | { readonly kind: 'mine'; readonly held: Held }
  | { readonly kind: 'ended'; readonly chain: Chain }
  | { readonly kind: 'others' };

/**
 * Claims a look, so that however often its message comes, one of them looks, and one sends the next. A first look that
 * comes again goes on where a chain died. Throws Retryable LookUnderWay when another invocation is at it: should that one
 * die, the message is needed.
 */
export async function claim(table: Table, landed: Landed, look: number, now: number): Promise<Claim> {
  const { chain, version } = await readChain(table, keyOf(landed));
  if (chain?.phase === 'ended') return { kind: 'ended', chain };
  const next = chain === null ? look : nextOf(chain, look, now);
  if (next === null) return { kind: 'others' };
  const begun = chain ?? { startedAt: now, memory: NOTHING_REMEMBERED, learnt: NOTHING_LEARNT, verdict: null };
  const claimed: Chain = { ...begun, landed, look: next, phase: 'looking', since: now };
  const held = await writeChain(table, { chain: claimed, version });
  if (held === null) throw underWay();
  return { kind: 'mine', held };
}

/** The look to be claimed; null when it was claimed before. */
function nextOf(chain: Chain, look: number, now: number): number | null {
  if (isDead(chain, now)) return Math.max(chain.look, look);
  if (look < chain.look) return null;
  // Its look was sent before the one before it could be written down.
  if (look > chain.look || chain.phase === 'scheduled') return look;
  throw underWay();
}

function isDead({ phase, since }: Chain, now: number): boolean {
  return now >= since + (phase === 'looking' ? INVOCATION : LOST);
}

function underWay(): Retryable {
  return new Retryable('LookUnderWay', 'Another invocation is at this look.');
}
