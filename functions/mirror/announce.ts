import type { LedgerEvent } from '../../shared/ledger/event.ts';
import type { Notice, NoticeType } from '../../shared/notice/bus.ts';
import { landedNotice, verdictNotice, whereOf } from '../../shared/notice/outcome.ts';
import type { Batch } from './batch.ts';
import type { Deps } from './deps.ts';
import { each } from './each.ts';
import { measure, type Pointers } from './measure.ts';
import { noteKey } from './push.ts';

const TYPES: Readonly<Record<LedgerEvent['type'], NoticeType | null>> = {
  landed: 'Landed',
  verdict: 'Verdict',
  adopted: null,
  rejected: 'Rejected',
  waiting: 'Waiting',
  'taken-back': 'TakenBack',
  asked: null,
  lifted: 'Lifted',
  stalled: 'Stalled',
};

const NOTHING: Pointers = { reach: new Map(), releases: new Map(), ruled: new Map() };

/** Tells what was pushed, and measures it. Throws Retryable when the bus does not take it; then the messages come again, and it is told. */
export async function announce(batch: Batch, deps: Deps, pointers: Pointers = NOTHING): Promise<void> {
  measure(batch, pointers, deps);
  const notices = batch.events.flatMap((event) => noticeOf(event, batch, deps) ?? []);
  if (notices.length > 0) await deps.bus.put(notices);
  await each(batch.redeemed, ({ bucket, key }) =>
    deps.bucket
      .remove(bucket, noteKey(deps.deployment, key))
      .catch((error: unknown) => deps.log('note not removed', { key, error })),
  );
}

function noticeOf(event: LedgerEvent, batch: Batch, deps: Deps): Notice | null {
  const type = TYPES[event.type];
  if (type === null) return null;
  if (event.type === 'landed' || event.type === 'verdict') {
    const state = batch.state(event.unit ?? '');
    const id = event.type === 'landed' ? event.id : event.release;
    const made = state.releases.find(({ release }) => release === id);
    const notice = event.type === 'landed' ? landedNotice : verdictNotice;
    return made === undefined ? null : notice(deps, state, made);
  }
  const { type: _, ...detail } = event;
  return { type, detail: { ...whereOf(deps), ...detail } };
}
