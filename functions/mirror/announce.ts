import type { LedgerEvent } from '../../shared/ledger/event.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import { whereOf } from '../../shared/notice/outcome.ts';
import type { Batch } from './batch.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import { noteKey } from './push.ts';

const TYPES: Readonly<Record<LedgerEvent['type'], Notice['type'] | null>> = {
  landed: 'Landed',
  adopted: null,
  rejected: 'Rejected',
  waiting: 'Waiting',
  'taken-back': 'TakenBack',
  stalled: 'Stalled',
};

/** Tells what was pushed. Throws Retryable when the bus does not take it; then the messages come again, and it is told. */
export async function announce({ events, redeemed }: Batch, deps: Deps): Promise<void> {
  const notices = events.flatMap((event): Notice[] => {
    const type = TYPES[event.type];
    if (type === null) return [];
    const { type: _, id, at, ...detail } = event;
    const named = event.type === 'landed' ? { release: id, landedAt: at } : { id, at };
    return [{ type, detail: { ...whereOf(deps), ...named, ...detail } }];
  });
  if (notices.length > 0) await deps.bus.put(notices);
  await each(redeemed, ({ bucket, key }) =>
    deps.bucket.remove(bucket, noteKey(key)).catch((error: unknown) => deps.log('note not removed', { key, error })),
  );
}
