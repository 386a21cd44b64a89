import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertLinear, cpuTime } from './cost.ts';

function spin(steps: number): void {
  let sum = 0;
  for (let step = 0; step < steps; step += 1) sum = (sum + step * step) % 1_000_003;
  assert.ok(sum >= 0);
}

test('linear and quadratic growth are told apart', () => {
  assertLinear((size) => spin(size * 2000), 2000);
  assert.throws(() => assertLinear((size) => spin(size * size), 4000), /for a quarter/u);
});

test('waiting costs nothing', () => {
  const idle = cpuTime(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200));
  assert.ok(idle < 100, `${idle} ms`);
});
