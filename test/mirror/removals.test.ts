import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseRemovals, tallied } from '../../functions/mirror/files/removals.ts';
import { mirrorWith } from '../unit/fixture.ts';

const mirror = mirrorWith('prefix: config/', 'files: apps', 'onDelete: remove');
const now = new Date('2026-01-02T12:00:00Z');
const ago = (hours: number): string => new Date(now.getTime() - hours * 3_600_000).toISOString();
const holding = (places: number, removals: { at: string; places: number }[] = []) => ({ rule: '', places, removals });

test('more than half, and at least ten, are refused', () => {
  const cases: readonly [places: number, asked: number, refused: boolean][] = [
    [20, 10, false],
    [20, 11, true],
    [19, 10, true],
    [9, 9, false],
    [10, 10, true],
    [1000, 500, false],
    [1000, 501, true],
  ];
  for (const [places, asked, refused] of cases)
    assert.equal(
      refuseRemovals(mirror, holding(places), asked, now)?.reason ?? null,
      refused ? 'TooManyRemovals' : null,
    );
});

test('those of the last day count, so that many small steps are as one large', () => {
  const stepped = holding(12, [{ at: ago(3), places: 8 }]);
  assert.equal(refuseRemovals(mirror, stepped, 2, now), null, '10 of 20');
  assert.equal(refuseRemovals(mirror, stepped, 3, now)?.facts.recent, 8, '11 of 20');
  assert.equal(refuseRemovals(mirror, holding(12, [{ at: ago(25), places: 8 }]), 3, now), null, 'yesterday is over');
});

test('a mirror may set its own bounds', () => {
  const open = mirrorWith('prefix: config/', 'files: apps', 'onDelete: remove', 'removals: { share: 1, atLeast: 1 }');
  assert.equal(refuseRemovals(open, holding(20), 20, now), null);
  const closed = mirrorWith('prefix: config/', 'files: apps', 'onDelete: remove', 'removals: { share: 0, atLeast: 1 }');
  assert.equal(refuseRemovals(closed, holding(20), 1, now)?.reason, 'TooManyRemovals');
});

test('the tally keeps one day', () => {
  const tally = tallied(
    holding(5, [
      { at: ago(30), places: 2 },
      { at: ago(1), places: 1 },
    ]),
    { places: -3, removed: 3 },
    now,
  );
  assert.deepEqual(
    tally,
    holding(2, [
      { at: ago(1), places: 1 },
      { at: now.toISOString(), places: 3 },
    ]),
  );
});
