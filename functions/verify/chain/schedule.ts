/** Seconds from one look to the next: most releases are through in a few, some take as long as they may. */
const DELAYS = [1, 1, 2, 3, 5, 8, 13, 20, 30, 45, 60, 90] as const;
const LONGEST = 120;
/** What SQS can delay a message by. */
const MOST = 900;
/** A chain that began late has so long at least, in milliseconds. */
const LEAST = 120_000;

/** When: milliseconds since 1970. */
interface Plan {
  /** Which look comes next. */
  readonly look: number;
  readonly now: number;
  readonly deadline: number;
  /** Milliseconds after which something can be believed that was seen; null when nothing was. */
  readonly soon: number | null;
}

/** Seconds until the next look: growing, but there when something is to be seen again, and when the deadline passes. */
export function delayOf({ look, now, deadline, soon }: Plan): number {
  const usual = DELAYS[look - 2] ?? LONGEST;
  const left = deadline > now ? Math.ceil((deadline - now) / 1000) : LONGEST;
  const again = soon === null ? LONGEST : Math.ceil(soon / 1000);
  return Math.min(Math.max(Math.min(usual, left, again), 1), MOST);
}

/** Counted from when the release landed; what was told of late gets the time for a few looks all the same. */
export function deadlineOf(landedAt: number, startedAt: number, allowed: number): number {
  const landed = Number.isFinite(landedAt) ? landedAt : startedAt;
  return Math.max(landed + allowed, startedAt + Math.min(allowed, LEAST));
}
