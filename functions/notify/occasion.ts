import type { Told } from '../../shared/notice/told.ts';
import type { Occasion } from './once.ts';

const DAY = 24 * 60 * 60 * 1000;

/** What was told is remembered so long after it was last announced. */
const KEEP = 90 * DAY;

/** A stall has the same id whenever it comes back: after a day in which nothing was heard of it, it is a new one. */
const STALL = DAY;

/** By what a notice is known when it is announced again. */
export function occasionOf({ type, detail }: Told): Occasion {
  if (type === 'Landed') return told(`Landed:${detail.release}:${detail.unit}`, detail.landedAt);
  if (type === 'Verdict')
    return told(`Verdict:${detail.release}:${detail.unit}:${detail.verdict}`, detail.at ?? detail.release);
  const { id, at } = detail;
  if (type === 'Drift') return { key: `Drift:${id}`, at, phase: detail.gone ? 'over' : 'open', keep: KEEP };
  return { ...told(`${type}:${id}`, at), keep: type === 'Stalled' ? STALL : KEEP };
}

function told(key: string, at: string): Occasion {
  return { key, at, phase: 'told', keep: KEEP };
}
