import * as z from 'zod';
import { Retryable } from '../../shared/errors.ts';
import type { Verdict } from '../../shared/notice/told.ts';
import type { Table } from '../../shared/table/table.ts';

/** The last release of a unit that failed, and the first after it that was delivered; ULIDs, which sort by time. */
const health = z.object({ failed: z.string(), delivered: z.string().nullable() });
type Health = z.infer<typeof health>;

const KEEP = 90 * 24 * 60 * 60 * 1000;
const TRIES = 5;

/**
 * Whether with this verdict a unit that had failed is well again. The answer is the same each time it is asked for the
 * same verdict. @throws Retryable TableUnavailable, TableBusy.
 */
export async function isRecovery({ unit, release, verdict }: Verdict, table: Table, now: () => Date): Promise<boolean> {
  if (verdict !== 'delivered' && verdict !== 'failed' && verdict !== 'timed-out') return false;
  const key = `unit:${unit}`;
  for (let tries = 0; tries < TRIES; tries++) {
    const item = await table.read(key);
    const before = health.safeParse(item?.value).data ?? null;
    const after = verdict === 'delivered' ? delivered(before, release) : failed(before, release);
    const recovered = verdict === 'delivered' && after?.delivered === release;
    if (after === before || after === null) return recovered;
    if (await table.write(key, after, item?.version ?? null, new Date(now().getTime() + KEEP))) return recovered;
  }
  throw new Retryable('TableBusy', 'What is remembered of a unit is written by others again and again.');
}

function failed(before: Health | null, release: string): Health {
  return before !== null && before.failed >= release ? before : { failed: release, delivered: null };
}

function delivered(before: Health | null, release: string): Health | null {
  if (before === null || release <= before.failed) return before;
  return before.delivered !== null && before.delivered <= release ? before : { ...before, delivered: release };
}
