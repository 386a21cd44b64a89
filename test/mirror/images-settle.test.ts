import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { settleImage } from '../../functions/mirror/images/settle.ts';
import {
  type Places,
  placesOf,
  type Release,
  recordOf,
  type UnitState,
  withRelease,
} from '../../shared/ledger/state.ts';
import { digest, stateOf } from '../unit/fixture.ts';
import { imageWith, releasedImage, said } from '../unit/image-fixture.ts';

const NOW = '2026-01-01T00:00:00.000Z';
const { image } = imageWith();
const [A, B, C] = [digest('a'), digest('b'), digest('c')];
/** What stood in every reference before gitferry. */
const OLD = said('0.9.0', null);
const [ONE, TWO, THREE] = [said('1.0.0', 'a'), said('2.0.0', 'b'), said('3.0.0', 'c')];

function history(stood: Places, ...releases: readonly Release[]): UnitState {
  return releases.reduce((state, release) => withRelease(state, release, stood), stateOf('apps:api'));
}

function settled(state: UnitState, present: Places, rule = image) {
  const { state: after, takenBack } = settleImage(rule, state, present, NOW);
  const record = recordOf(after);
  return { after, takenBack, held: after.held.toSorted(), version: record?.version, content: record?.content };
}

/** x: 0.9.0 before gitferry, then 1.0.0, 2.0.0 and 3.0.0. */
const thrice = history(
  { x: OLD },
  releasedImage('1.0.0', 'a', { x: ONE }),
  releasedImage('2.0.0', 'b', { x: TWO }),
  releasedImage('3.0.0', 'c', { x: THREE }),
);

describe('what people did to references', () => {
  test('nothing, where they say what is recorded, or are gone', () => {
    for (const present of [{ x: THREE }, { x: null }, {}]) {
      const { state, takenBack } = settleImage(image, thrice, present, NOW);
      assert.equal(state, thrice);
      assert.deepEqual(takenBack, []);
    }
  });

  test('set back to the release before: what came since is held, and it is the record', () => {
    const { after, takenBack, held, version, content } = settled(thrice, { x: TWO });
    assert.deepEqual([takenBack, held, version, content], [['x'], [C], '2.0.0', B]);
    assert.deepEqual(placesOf(after), { x: TWO });
    assert.deepEqual([recordOf(after)?.release, recordOf(after)?.at], [null, NOW]);
  });

  test('set back further: all that came since is held', () => {
    const { held, version } = settled(thrice, { x: ONE });
    assert.deepEqual([held, version], [[B, C], '1.0.0']);
  });

  test('set back to before gitferry: all is held, and no release is the record', () => {
    const { held, version, content } = settled(thrice, { x: OLD });
    assert.deepEqual([held, version, content], [[A, B, C], null, null]);
  });

  test('set forth again: its hold ends, what came after it stays held', () => {
    const back = settled(thrice, { x: ONE }).after;
    const forth = settled(back, { x: TWO });
    assert.deepEqual([forth.held, forth.version], [[C], '2.0.0']);
    assert.deepEqual(settled(forth.after, { x: THREE }).held, []);
  });

  test('what never stood there is an edit, and changes nothing', () => {
    for (const edit of [said('debug', null), said('2.0.0', 'c'), said('2.0.0', null), '=quay.io/acme/other:1.0.0'])
      assert.equal(settled(thrice, { x: edit }).after, thrice, edit);
  });

  test('settling twice is settling once', () => {
    for (const standing of [OLD, ONE, TWO]) {
      const once = settled(thrice, { x: standing }).after;
      assert.equal(settled(once, { x: standing }).after, once);
    }
  });

  test('one reference of two set back takes back the policy; the other says what it said', () => {
    const state = history(
      { x: OLD, y: OLD },
      releasedImage('1.0.0', 'a', { x: ONE, y: ONE }),
      releasedImage('2.0.0', 'b', { x: TWO, y: TWO }),
    );
    const { after, takenBack, held, version } = settled(state, { x: ONE, y: TWO });
    assert.deepEqual([takenBack, held, version], [['x'], [B], '1.0.0']);
    assert.deepEqual(placesOf(after), { x: ONE, y: TWO });
  });

  test('two set back to different releases: what came after the earlier of them is held', () => {
    const state = history(
      { x: OLD, y: OLD },
      releasedImage('1.0.0', 'a', { x: ONE, y: ONE }),
      releasedImage('2.0.0', 'b', { x: TWO, y: TWO }),
      releasedImage('3.0.0', 'c', { x: THREE, y: THREE }),
    );
    const { takenBack, held } = settled(state, { x: ONE, y: TWO });
    assert.deepEqual(takenBack, ['x', 'y']);
    assert.deepEqual(held, [B, C]);
  });

  test('a reference that came later, set back to before: only what was released since it is there is held', () => {
    const state = history(
      { x: OLD, y: said('0.1.0', null) },
      releasedImage('1.0.0', 'a', { x: ONE }),
      releasedImage('2.0.0', 'b', { x: TWO, y: TWO }),
    );
    assert.deepEqual(settled(state, { x: TWO, y: said('0.1.0', null) }).held, [B]);
  });

  test('tags alone tell releases apart where tags are written', () => {
    const pinned = imageWith('pin: tag').image;
    const state = history(
      { x: OLD },
      releasedImage('1.0.0', 'a', { x: said('1.0.0', null) }),
      releasedImage('2.0.0', 'b', { x: said('2.0.0', null) }),
    );
    const { held, version } = settled(state, { x: said('1.0.0', null) }, pinned);
    assert.deepEqual([held, version], [[B], '1.0.0']);
  });
});
