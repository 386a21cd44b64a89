import { setTimeout as delay } from 'node:timers/promises';
import { Retryable } from '../../shared/errors.ts';

/** Milliseconds before the second attempt, and before each that follows. */
export const PAUSES: readonly number[] = [250, 1000, 3000];

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
      if (!(error instanceof Retryable)) throw error;
      const wait = Math.max(pause, (error.retryAfter ?? 0) * 1000);
      if (wait > 10 * pause || wait >= left()) throw error;
      await delay(wait);
    }
  }
  return work();
}
