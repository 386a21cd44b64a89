import type { Batch } from './batch.ts';
import type { Concerns } from './concern.ts';
import type { Deps } from './deps.ts';

/** What pointed at the units of a batch. */
export type Pointers = Pick<Concerns, 'reach' | 'releases' | 'ruled'>;

/** Measures what was pushed: once, however often it is told. */
export function measure(batch: Pick<Batch, 'events' | 'state'>, pointers: Pointers, deps: Deps): void {
  const { telemetry, now } = deps;
  const { events } = batch;
  const since = (changedAt: string): number => Math.max(0, now().getTime() - Date.parse(changedAt));
  const landed = events.filter((event) => event.type === 'landed');
  const reverted = landed.filter(({ reverts }) => reverts !== undefined);
  const untold = untoldUnits(pointers);
  // What lands with a release file lands because something pointed at that.
  const whole = new Map(landed.flatMap(({ id, unit }) => (pointers.releases.has(unit ?? '') ? [[id, unit]] : [])));
  const missed = landed.filter((event) => untold.has(whole.get(event.id) ?? event.unit ?? ''));
  const counts = {
    Landed: landed.length - reverted.length,
    Reverted: reverted.length,
    MissedRepaired: missed.length,
    Rejected: events.filter(({ type }) => type === 'rejected').length,
    Waiting: events.filter(({ type }) => type === 'waiting').length,
    TakenBack: events.filter(({ type }) => type === 'taken-back').length,
  };
  telemetry.measure(Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)));
  for (const { changedAt } of landed) if (changedAt !== null) telemetry.measure({ EventToCommit: since(changedAt) });
  for (const { unit, release, verdict } of events.filter((event) => event.type === 'verdict')) {
    telemetry.measure({ Verdicts: 1 }, verdict);
    const made = batch.state(unit ?? '').releases.find((past) => past.release === release);
    if (made?.changedAt !== undefined) telemetry.measure({ EventToVerdict: since(made.changedAt) });
  }
}

/** The units at which nothing pointed but sweeps that found what no event had told: neither events nor new rules. */
function untoldUnits({ reach, ruled }: Pointers): ReadonlySet<string> {
  const [missed, told] = [new Set<string>(), new Set([...ruled.values()].flat())];
  for (const [change, units] of reach)
    for (const unit of units) ('missed' in change && change.missed ? missed : told).add(unit);
  return missed.difference(told);
}
