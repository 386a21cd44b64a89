import * as z from 'zod';
import type { Landed } from '../../../shared/notice/landed.ts';
import type { Table } from '../../../shared/table/table.ts';

const KEY = 'looks';
/** Of more chains, the oldest wait for their own looks. */
const MOST = 200;
const TRIES = 5;
const KEPT = 7 * 24 * 60 * 60_000;

const open = z.object({ chains: z.array(z.object({ release: z.string(), unit: z.string() })) });

type Open = Pick<Landed, 'release' | 'unit'>;

/** The chains that are followed now, so that a report from a cluster finds them. Throws what the table throws. */
export async function openChains(table: Table): Promise<readonly Open[]> {
  return open.safeParse((await table.read(KEY))?.value).data?.chains ?? [];
}

/** Notes that a chain has begun, or ended. It may be lost: then the next look comes as it was planned. */
export async function noteChain(table: Table, { release, unit }: Open, isOpen: boolean, now: number): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const item = await table.read(KEY);
    const chains = open.safeParse(item?.value).data?.chains ?? [];
    const others = chains.filter((one) => one.release !== release || one.unit !== unit);
    if (!isOpen && others.length === chains.length) return;
    const next = isOpen ? [...others, { release, unit }].slice(-MOST) : others;
    if (await table.write(KEY, { chains: next }, item?.version ?? null, new Date(now + KEPT))) return;
  }
}
