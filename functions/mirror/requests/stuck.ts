import type { Release } from '../../../shared/ledger/state.ts';
import type { Batch } from '../batch.ts';

type Words = Pick<NonNullable<Release['stuck']>, 'reason' | 'message' | 'hint'>;

/** Tells that a release could not be taken back, and keeps it, so that it is told once and yet never lost. */
export function tellStuck(batch: Batch, unit: string, index: number, words: Words): void {
  const state = batch.state(unit);
  const made = state.releases[index];
  if (made === undefined || (made.stuck?.reason === words.reason && made.stuck.message === words.message)) return;
  const event = batch.event(unit, null);
  batch.put({ ...state, releases: state.releases.with(index, { ...made, stuck: { id: event.id, ...words } }) });
  batch.events.push({ ...event, type: 'stalled', ...words });
}
