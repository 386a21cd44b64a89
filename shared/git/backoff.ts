const SHORTEST = 50;
const LONGEST = 3_000;

/**
 * Milliseconds to wait before the attempt after this one (the first is 1): doubling, and spread at random, so that writers
 * who met once do not meet again.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST, SHORTEST * 2 ** (attempt - 1));
  return Math.round(ceiling * (0.25 + 0.75 * random()));
}
