import * as z from 'zod';

/** Where a sweep that ran out of time goes on: after a key of a mirror, at an image policy, or at a shard of the ledger. */
const cursor = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('bucket'), mirror: z.string(), after: z.string() }),
  z.object({ phase: z.literal('images'), policy: z.string() }),
  z.object({ phase: z.literal('ledger'), shard: z.string() }),
]);

export type Cursor = z.infer<typeof cursor>;

/** The cursor that an event carries; null begins at the beginning, as an event of the schedule does. */
export function cursorOf(detail: unknown): Cursor | null {
  const parsed = z.object({ cursor }).safeParse(detail);
  return parsed.success ? parsed.data.cursor : null;
}

const cluster = z.object({ cursor: z.object({ phase: z.literal('cluster'), cluster: z.string() }) });

/** The cluster that an event asks to look at; null for any other event. */
export function clusterOf(detail: unknown): string | null {
  return cluster.safeParse(detail).data?.cursor.cluster ?? null;
}
