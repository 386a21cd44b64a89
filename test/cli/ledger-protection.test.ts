import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standingOf, unprotected } from '../../cli/ledger-copy/protection.ts';

const YEAR = { mode: 'COMPLIANCE', days: 365 };
const now = new Date('2026-06-01T00:00:00Z');
const day = (days: number): Date => new Date(now.getTime() + days * 86_400_000);

test('a bucket protects what is added by versions and a retention in compliance mode', () => {
  const versioning = true;
  assert.deepEqual(unprotected({ versioning, retention: YEAR }), []);
  assert.deepEqual(unprotected({ versioning: false, retention: YEAR }), [{ finding: 'not-versioned' }]);
  assert.deepEqual(unprotected({ versioning, retention: null }), [{ finding: 'not-locked', mode: null }]);
  const retention = { mode: 'GOVERNANCE', days: 365 };
  assert.deepEqual(unprotected({ versioning, retention }), [{ finding: 'not-locked', mode: 'GOVERNANCE' }]);
});

test('a copy is protected until its retention is over, by the clock that is given', () => {
  const lock = { mode: 'COMPLIANCE', until: day(1) };
  assert.equal(standingOf(lock, day(-364), YEAR, now), 'locked');
  assert.equal(standingOf(lock, day(-364), YEAR, day(1)), 'expired');
  assert.equal(standingOf(null, day(-1), YEAR, now), 'unlocked');
  assert.equal(standingOf({ ...lock, mode: 'GOVERNANCE' }, day(-1), YEAR, now), 'unlocked');
});

test('what is over before the bucket’s own rule would have it so is unlocked; S3 counts by the second', () => {
  const over = { mode: 'COMPLIANCE', until: now };
  assert.equal(standingOf(over, day(-365), YEAR, now), 'expired');
  assert.equal(standingOf({ ...over, until: new Date(now.getTime() - 900) }, day(-365), YEAR, now), 'expired');
  assert.equal(standingOf(over, day(-364), YEAR, now), 'unlocked');
  // A rule that is not in compliance mode is a finding of its own.
  assert.equal(standingOf(over, day(-1), null, now), 'expired');
  assert.equal(standingOf(over, day(-1), { mode: 'GOVERNANCE', days: 365 }, now), 'expired');
});
