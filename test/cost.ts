import assert from 'node:assert/strict';

/** Milliseconds of processor that a call takes of this thread, however many others want it meanwhile. */
export function cpuTime(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

/** Less can't be told from noise. */
const FLOOR = 20;

/**
 * That a call costs about four times as much for an input four times as large, where a quadratic one costs sixteen times
 * as much. `size` is the larger input's.
 */
export function assertLinear(run: (size: number) => void, size: number): void {
  const cost = (part: number): number => Math.min(...[1, 2].map(() => cpuTime(() => run(part))));
  const [quarter, whole] = [cost(size / 4), cost(size)];
  assert.ok(whole < 9 * Math.max(quarter, FLOOR), `${whole} ms, and ${quarter} ms for a quarter`);
}
