import { recordOf, type UnitState } from '../../../shared/ledger/state.ts';
import { type ImageUnit, isImage } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';

/** A policy that was renamed goes on where the old one was: with its record, and all that is held. */
export async function succeedImages(batch: Batch, units: readonly ImageUnit[]): Promise<void> {
  const { ledger, head } = batch.round;
  const reached = new Set([...batch.config.images, ...batch.config.mirrors].map(({ name }) => name));
  if (Object.keys(head.mirrors).every((name) => reached.has(name))) return;
  const newcomers = units.filter(({ id }) => ledger.state(id) === null);
  if (newcomers.length === 0) return;
  const orphans = (await ledger.page(await ledger.shards())).filter(({ unit }) => isImage(unit) && !reached.has(unit));
  for (const unit of newcomers) {
    const before = orphans.find((state) => imageOf(state) === unit.image.image);
    if (before !== undefined && recordOf(before) !== null) batch.put({ ...before, unit: unit.id });
  }
}

/** The image that a state's releases were of. */
function imageOf({ releases }: UnitState): string | undefined {
  return releases.flatMap(({ source }) => (source !== null && 'image' in source ? [source.image] : [])).at(-1);
}
