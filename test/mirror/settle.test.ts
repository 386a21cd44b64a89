import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settle } from '../../functions/mirror/files/settle.ts';
import { placesOf, recordOf, withRelease } from '../../shared/ledger/state.ts';
import { changing, digest, standing, stateOf } from '../unit/fixture.ts';

const [A, B, C] = [digest('a'), digest('b'), digest('c')];
const NOW = '2026-01-01T00:00:00.000Z';

/** apps/x.yaml: nothing, then A, then B. */
const twice = [changing(A, { x: standing('a') }), changing(B, { x: standing('b') })].reduce(
  (state, release) => withRelease(state, release, {}),
  stateOf('config#x'),
);

describe('settle', () => {
  test('what stands as recorded was left alone', () => {
    const settled = settle(twice, { x: standing('b') }, NOW);
    assert.equal(settled.state, twice);
    assert.deepEqual([settled.takenBack, settled.edited], [[], []]);
  });

  test('set back to the release before: what came since is held, and the record is what stands', () => {
    const { state, takenBack, edited } = settle(twice, { x: standing('a') }, NOW);
    assert.deepEqual([takenBack, edited], [['x'], []]);
    assert.deepEqual(state.held, [B]);
    assert.equal(recordOf(state)?.content, A);
    assert.equal(recordOf(state)?.release, null);
    assert.deepEqual(placesOf(state), { x: standing('a') });
  });

  test('set back to before gitferry: all that was released is held', () => {
    const { state } = settle(twice, { x: null }, NOW);
    assert.deepEqual(state.held, [A, B]);
    assert.equal(recordOf(state)?.content, null);
  });

  test('a hold on what stands there is lifted', () => {
    const back = settle(twice, { x: standing('a') }, NOW).state;
    const forth = settle(back, { x: standing('b') }, NOW).state;
    assert.deepEqual(forth.held.includes(B), false);
    assert.equal(recordOf(forth)?.content, B);
  });

  test('what never stood there is an edit, and changes no record', () => {
    const { state, takenBack, edited } = settle(twice, { x: standing('f') }, NOW);
    assert.equal(state, twice);
    assert.deepEqual([takenBack, edited], [[], ['x']]);
  });

  test('settling twice is settling once', () => {
    const once = settle(twice, { x: standing('a') }, NOW).state;
    assert.equal(settle(once, { x: standing('a') }, NOW).state, once);
  });

  test('of a set, one path set back holds what was released to it since', () => {
    const set = [changing(A, { x: standing('a'), y: standing('a') }), changing(B, { y: standing('b') })].reduce(
      (state, release) => withRelease(state, release, {}),
      stateOf('config#set.tgz'),
    );
    const { state, takenBack, edited } = settle(set, { x: null, y: standing('f') }, NOW);
    assert.deepEqual([takenBack, edited], [['x'], ['y']]);
    assert.deepEqual(state.held, [A]);
    assert.deepEqual(placesOf(state), { x: null, y: standing('b') });
  });

  test('all paths that agree on one release go back to that one, whatever other releases had there', () => {
    const releases = [
      changing(A, { x: standing('a'), y: standing('a') }),
      changing(B, { x: standing('b') }),
      changing(C, { x: standing('a'), y: standing('c') }),
    ];
    const state = releases.reduce((before, release) => withRelease(before, release, {}), stateOf('config#set.tgz'));
    const settled = settle(state, { x: standing('a'), y: standing('a') }, NOW).state;
    assert.equal(recordOf(settled)?.content, A);
    assert.ok(settled.held.includes(C) && !settled.held.includes(A));
  });
});
