import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { placesAt, placesOf, recordOf, relinquished, withRejection, withRelease } from '../../shared/ledger/state.ts';
import { changing, digest, standing, stateOf } from '../unit/fixture.ts';

const empty = stateOf('config#x');
const nothing = { id: '', reason: 'Odd', message: '', hint: '', rule: digest('0'), source: null };

describe('the places of a unit', () => {
  test('are what stood before, and then what each release changed', () => {
    const first = withRelease(empty, changing(digest('a'), { x: standing('a') }), {
      x: standing('0'),
      z: standing('9'),
    });
    const state = withRelease(first, changing(digest('b'), { x: null, y: standing('b') }), { x: standing('a') });
    assert.deepEqual(placesAt(state, -1), { x: standing('0'), y: null }, 'what z held is none of ours');
    assert.deepEqual(placesAt(state, 0), { x: standing('a'), y: null });
    assert.deepEqual(placesOf(state), { x: null, y: standing('b') });
  });

  test('stay the same however much of the history is folded together', () => {
    const change = fc.dictionary(fc.constantFrom('x', 'y', 'z'), fc.constantFrom(standing('a'), standing('b'), null));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 60 }), (changes) => {
        const state = changes.reduce((before, one) => withRelease(before, changing(digest('a'), one), {}), empty);
        assert.deepEqual({ ...placesOf(state) }, Object.assign({}, ...changes));
        assert.ok(state.releases.length <= 20);
      }),
    );
  });
});

test('a release ends the wait', () => {
  const waiting = { ...nothing, content: digest('a'), paths: ['x'] };
  assert.equal(withRelease({ ...empty, waiting }, changing(digest('a'), {}), {}).waiting, null);
});

test('rejections are remembered up to a number, the latest longest', () => {
  const contents = Array.from({ length: 60 }, (_, index) => `etag:${index}`);
  const state = contents.reduce((before, content) => withRejection(before, content, nothing), empty);
  assert.deepEqual(Object.keys(state.rejected), contents.slice(-50));
  const again = withRejection(state, 'etag:10', nothing);
  assert.equal(Object.keys(again.rejected).at(-1), 'etag:10');
  assert.equal(Object.keys(again.rejected).length, 50);
});

test('what another unit took over is not ours any more', () => {
  const state = withRelease(empty, changing(digest('a'), { x: standing('a'), y: standing('a') }), {});
  const left = relinquished(state, ['x'], '2026-01-01T00:00:00.000Z');
  assert.deepEqual(placesOf(left), { x: null, y: standing('a') });
  assert.equal(recordOf(left)?.content, null);
  assert.equal(relinquished(empty, ['x'], ''), empty);
});
