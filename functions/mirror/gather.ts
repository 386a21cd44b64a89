import type { Unreadable } from './batch.ts';
import type { Deps } from './deps.ts';
import type { Arrivals, Delivery } from './mirror.ts';

/** For so many milliseconds an invocation waits, in all, for a burst to end. */
export const BURST = 2000;

/** A burst is over when nothing came for so many milliseconds. */
const GAP = 100;

/**
 * What came while the round was opened. A single change waits for nothing; where more come, as from one build, they are
 * awaited for a moment, so that most of them land in one push.
 */
export async function gather(
  arrive: () => Promise<Arrivals>,
  patience: number,
  { pause }: Pick<Deps, 'pause'>,
): Promise<Arrivals & { readonly waited: number }> {
  const gathered = { deliveries: [] as Delivery[], unreadable: [] as Unreadable[] };
  let waited = 0;
  for (;;) {
    const { deliveries, unreadable } = await arrive();
    if (deliveries.length + unreadable.length === 0) return { ...gathered, waited };
    gathered.deliveries.push(...deliveries);
    gathered.unreadable.push(...unreadable);
    if (waited + GAP > patience) return { ...gathered, waited };
    await pause(GAP);
    waited += GAP;
  }
}
