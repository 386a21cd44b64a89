import * as z from 'zod';
import { Retryable } from '../../shared/errors.ts';
import type { Table } from '../../shared/table/table.ts';

/** What is told once: an outcome, or an incident that begins and is over. */
export interface Occasion {
  /** The same however often it is announced. */
  readonly key: string;
  /** ISO 8601. */
  readonly at: string;
  readonly phase: 'told' | 'open' | 'over';
  /** Milliseconds for which it is remembered after it was last announced. */
  readonly keep: number;
}

const remembered = z.object({ phase: z.enum(['told', 'open', 'over']), at: z.string(), seen: z.number() });
type Remembered = z.infer<typeof remembered>;

/** Milliseconds after which an invocation that never came back no longer stands in the way of the next: more than it may run. */
const LEASE = 90_000;

/** An item is written again when so much of its time has passed. */
const FRESHNESS = 24;

/**
 * Calls `send` unless this was sent by this channel before. Two that are about to send at once don't both: one comes
 * again later. Only an invocation that dies between sending and remembering makes a message come twice.
 * @throws Retryable NoticeUnderWay; TableUnavailable; and what `send` throws, after which it counts as not sent.
 */
export async function once(
  channel: string,
  occasion: Occasion,
  table: Table,
  now: () => Date,
  send: () => Promise<void>,
): Promise<void> {
  const key = `sent:${channel}:${occasion.key}`;
  const known = await recall(key, table);
  if (!isNews(occasion, known.state)) return refresh(key, occasion, known, table, now());
  const lease = `sending:${channel}:${occasion.key}`;
  if (!(await table.write(lease, true, null, new Date(now().getTime() + LEASE))))
    throw new Retryable('NoticeUnderWay', 'This notice is being sent by another invocation.');
  try {
    const { state, version } = await recall(key, table);
    if (!isNews(occasion, state)) return;
    // What is over before anybody heard of it is remembered, so that its beginning is not told when it comes late.
    if (occasion.phase !== 'over' || state !== null) await send();
    await remember(key, occasion, version, table, now());
  } finally {
    // If this fails, the lease ends by itself.
    await table.write(lease, false, 1, now()).catch(() => false);
  }
}

function isNews({ phase, at }: Occasion, state: Remembered | null): boolean {
  return state === null || (phase !== state.phase && at > state.at);
}

async function recall(key: string, table: Table): Promise<{ state: Remembered | null; version: number | null }> {
  const item = await table.read(key);
  return { state: remembered.safeParse(item?.value).data ?? null, version: item?.version ?? null };
}

async function remember(key: string, { phase, at, keep }: Occasion, version: number | null, table: Table, now: Date) {
  const state: Remembered = { phase, at, seen: now.getTime() };
  await table.write(key, state, version, new Date(now.getTime() + keep));
}

/** What is still announced must not be forgotten: it would be told again. */
async function refresh(
  key: string,
  { keep }: Occasion,
  { state, version }: Awaited<ReturnType<typeof recall>>,
  table: Table,
  now: Date,
): Promise<void> {
  if (state === null || now.getTime() - state.seen < keep / FRESHNESS) return;
  await table.write(key, { ...state, seen: now.getTime() }, version, new Date(now.getTime() + keep));
}
