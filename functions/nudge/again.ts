import { setTimeout as delay } from 'node:timers/promises';
import { Retryable, Stalled } from '../../shared/errors.ts';

/** Milliseconds before the second attempt, and before each that follows. */
export const PAUSES: readonly number[] = [250, 1000, 3000];

/** An API server that has just started knows neither users nor roles for a moment, and refuses everybody. */
const REFUSED: ReadonlySet<string> = new Set(['ClusterForbidden', 'ClusterUnauthorized']);

function mayPass(error: unknown): boolean {
  return error instanceof Retryable || (error instanceof Stalled && REFUSED.has(error.reason));
}

/**
 * Tries again for a little while what the world is at fault for: most outages are over by then. One that asked for more
 * time than that gets it from whoever runs this function again. `left` is the milliseconds that may be spent.
 */
export async function again<T>(
  work: () => Promise<T>,
  left: () => number,
  pauses: readonly number[] = PAUSES,
): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error)) throw error;
      const asked = error instanceof Retryable ? (error.retryAfter ?? 0) : 0;
      const wait = Math.max(pause, asked * 1000);
      if (wait > 10 * pause || wait >= left()) throw error;
      await delay(wait);
    }
  }
  return work();
}
