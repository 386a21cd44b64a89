import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deadlineOf, delayOf } from '../../functions/verify/chain/schedule.ts';

describe('the schedule', () => {
  const usual = { now: 0, deadline: 3_600_000, soon: null };

  test('looks often at first, then every two minutes', () => {
    const delays = Array.from({ length: 16 }, (_, index) => delayOf({ ...usual, look: index + 2 }));
    assert.deepEqual(delays, [1, 1, 2, 3, 5, 8, 13, 20, 30, 45, 60, 90, 120, 120, 120, 120]);
  });

  test('is there when something may be believed, and when the deadline passes', () => {
    assert.equal(delayOf({ ...usual, look: 20, soon: 9_100 }), 10);
    assert.equal(delayOf({ ...usual, look: 20, deadline: 30_500 }), 31);
    assert.equal(delayOf({ ...usual, look: 2, soon: 0 }), 1);
    assert.equal(delayOf({ ...usual, look: 20, now: 5, deadline: 4 }), 120);
  });

  test('the deadline counts from the landing; what was told of late has two minutes', () => {
    assert.equal(deadlineOf(1000, 2000, 600_000), 601_000);
    assert.equal(deadlineOf(0, 3_600_000, 600_000), 3_720_000);
    assert.equal(deadlineOf(0, 3_600_000, 30_000), 3_630_000);
    assert.equal(deadlineOf(Number.NaN, 5000, 30_000), 35_000);
  });
});
