import { isImage } from '../../../shared/ledger/place.ts';
import { emptyState, recordOf, type UnitState } from '../../../shared/ledger/state.ts';
import type { Batch } from '../batch.ts';

/**
 * A policy that was renamed goes on where the old one was: with its record, and all that is held. Before anything else
 * of a batch is planned, since files that land with new names of policies ask for their records.
 */
export async function succeedImages(batch: Batch): Promise<void> {
  const { images, mirrors, releases } = batch.config;
  const { ledger, head, absorbed } = batch.round;
  const reached = new Set([...images, ...mirrors, ...releases].map(({ name }) => name));
  // What was released just before its name went may not be in the ledger's head yet.
  const known = [...Object.keys(head.mirrors), ...absorbed.map(({ unit }) => unit).filter(isImage)];
  const dropped = [...new Set(known)].filter((name) => !reached.has(name));
  const newcomers = images.filter(({ name }) => !(name in head.mirrors));
  if (dropped.length === 0 || newcomers.length === 0) return;
  await ledger.load([...dropped, ...newcomers.map(({ name }) => name)]);
  for (const { name, image } of newcomers) {
    const before = dropped.map((other) => batch.state(other)).find((state) => imageOf(state) === image);
    if (before === undefined || recordOf(before) === null) continue;
    batch.put(joined({ ...before, unit: name }, batch.state(name)));
    batch.put(emptyState(before.unit));
  }
}

/** A record that goes on under another name, with what was released by that name already. */
function joined(state: UnitState, own: UnitState): UnitState {
  const newest = state.releases.findLast(({ release }) => release !== null)?.release ?? '';
  const newer = own.releases.filter(({ release }) => release !== null && release > newest);
  return {
    ...state,
    before: { ...own.before, ...state.before },
    releases: [...state.releases, ...newer],
    held: [...new Set([...state.held, ...own.held])],
    rejected: { ...own.rejected, ...state.rejected },
  };
}

/** The image that a state's releases were of. */
function imageOf({ releases }: UnitState): string | undefined {
  return releases.flatMap(({ source }) => (source !== null && 'image' in source ? [source.image] : [])).at(-1);
}
