import * as z from 'zod';
import type { Oid } from '../../shared/git/object.ts';
import type { LedgerName } from '../../shared/ledger/copy.ts';
import { oidSchema } from '../../shared/ledger/state.ts';
import type { Table } from '../../shared/table/table.ts';

/** This commit of the ledger and all that it goes back to are copied. `version`: of the table's item. */
export interface Cursor {
  readonly copied: Oid | null;
  readonly version: number | null;
}

const item = z.object({ copied: oidSchema });

/** For as long as a ledger may be quiet; without it all is copied anew, which changes nothing. */
const KEEP = 10 * 365 * 24 * 60 * 60_000;

/** Another bucket has another cursor: it begins with nothing. */
const keyOf = (bucket: string, { deployment, branch }: LedgerName): string =>
  `archive:${bucket}:${deployment}:${branch}`;

/** @throws Retryable TableUnavailable */
export async function readCursor(table: Table, bucket: string, ledger: LedgerName): Promise<Cursor> {
  const found = await table.read(keyOf(bucket, ledger));
  return { copied: item.safeParse(found?.value).data?.copied ?? null, version: found?.version ?? null };
}

/** The cursor moved on; null when another invocation has moved it. @throws Retryable TableUnavailable */
export async function moveCursor(
  { table, bucket, now, ...ledger }: LedgerName & { readonly table: Table; readonly bucket: string; now(): Date },
  { version }: Cursor,
  copied: Oid,
): Promise<Cursor | null> {
  const expires = new Date(now().getTime() + KEEP);
  const moved = await table.write(keyOf(bucket, ledger), { copied }, version, expires);
  return moved ? { copied, version: (version ?? 0) + 1 } : null;
}
