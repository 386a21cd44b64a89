import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { REMOVED, type UnitState } from '../../shared/ledger/state.ts';
import type { Tag } from '../../shared/source/images.ts';
import { chooseImage, type ImageChoice, type KnownTags } from '../../shared/unit/choose-image.ts';
import type { ImageUnit } from '../../shared/unit/unit.ts';
import { digest, stateOf } from './fixture.ts';
import { imageWith, releasedImage } from './image-fixture.ts';

/** As a registry lists them: with digests where it tells them. */
function listed(tags: Readonly<Record<string, string | null>>): Tag[] {
  return Object.entries(tags).map(([tag, digit]) => {
    return { tag, digest: digit === null ? null : digest(digit), pushedAt: null };
  });
}

/** `read 1.0.0`, `want 1.0.0 a`, `stay`. */
function told(choice: ImageChoice): string {
  if (choice.kind === 'want') return `want ${choice.tag} ${choice.digest.at(-1)}`;
  return choice.kind === 'read' ? `read ${choice.tag}` : 'stay';
}

const unit = imageWith();
const empty = stateOf(unit.id);
const nothing: KnownTags = new Map();

/** The state after these releases, `<tag> <digit>`; the digits of `held` are held. */
function after(releases: readonly string[], held = ''): UnitState {
  const made = releases.map((text) => {
    const [tag = '', digit = ''] = text.split(' ');
    return releasedImage(tag, digit, {});
  });
  return stateOf(unit.id, { releases: made, held: [...held].map(digest) });
}

/** Asks until the choice is made, of a registry that has these; answers the choice, and what was asked. */
function settled(
  of: ImageUnit,
  state: UnitState,
  tags: Readonly<Record<string, string | null>>,
  floor: string | null = null,
) {
  const bare = Object.keys(tags).map((tag) => ({ tag, digest: null, pushedAt: null }));
  const known = new Map<string, string | null>();
  for (;;) {
    const choice = chooseImage(of, state, bare, floor, known);
    if (choice.kind !== 'read') return { choice: told(choice), asked: [...known.keys()] };
    assert.ok(!known.has(choice.tag), `${choice.tag} was asked for twice`);
    const digit = tags[choice.tag] ?? null;
    known.set(choice.tag, digit === null ? null : digest(digit));
  }
}

describe('the choice of a tag', () => {
  test('the best tag, by the policy and not by letters, in whatever order it is listed', () => {
    const tags = { '9.0.0': 'a', '10.0.0': 'b', '10.1.0-rc.1': 'c', latest: 'd' };
    for (const listing of [listed(tags), listed(tags).toReversed()])
      assert.equal(told(chooseImage(unit, empty, listing, null, nothing)), 'want 10.0.0 b');
    const early = imageWith('policy: { semver: ">=0-0" }');
    assert.equal(told(chooseImage(early, empty, listed(tags), null, nothing)), 'want 10.1.0-rc.1 c');
    const numbers = imageWith('policy: { numerical: { order: desc } }');
    assert.equal(told(chooseImage(numbers, empty, listed({ 10: 'a', 9: 'b' }), null, nothing)), 'want 9 b');
  });

  test('a digest that is not listed is asked for, one tag at a time; what is gone gives way', () => {
    assert.deepEqual(settled(unit, empty, { '1.0.0': 'a', '2.0.0': 'b' }), {
      choice: 'want 2.0.0 b',
      asked: ['2.0.0'],
    });
    assert.deepEqual(settled(unit, empty, { '1.0.0': 'a', '2.0.0': null }), {
      choice: 'want 1.0.0 a',
      asked: ['2.0.0', '1.0.0'],
    });
    assert.deepEqual(settled(unit, empty, { '1.0.0': null }), { choice: 'stay', asked: ['1.0.0'] });
    assert.deepEqual(settled(unit, empty, {}), { choice: 'stay', asked: [] });
  });

  test('what was asked counts more than what was listed', () => {
    const known = new Map([['1.0.0', digest('b')]]);
    assert.equal(told(chooseImage(unit, empty, listed({ '1.0.0': 'a' }), null, known)), 'want 1.0.0 b');
    const gone = new Map([['1.0.0', null]]);
    assert.equal(told(chooseImage(unit, empty, listed({ '1.0.0': 'a' }), null, gone)), 'stay');
  });

  test('what is held gives way, by its digest and by its tag: a rebuild is no newer', () => {
    const state = after(['1.0.0 a', '2.0.0 b'], 'b');
    assert.equal(settled(unit, state, { '1.0.0': 'a', '1.5.0': 'c', '2.0.0': 'b' }).choice, 'want 1.5.0 c');
    assert.equal(settled(unit, state, { '1.0.0': 'a', '2.0.0': 'd' }).choice, 'want 1.0.0 a');
    assert.equal(settled(unit, state, { '2.0.1': 'b', '1.0.0': 'a' }).choice, 'want 1.0.0 a', 'the same bytes again');
    assert.equal(settled(unit, state, { '2.0.1': 'd' }).choice, 'want 2.0.1 d');
  });

  test('what a release file names is left alone, and another build under its tag is not, though it stood once', () => {
    const state = after(['2.0.0 b', '1.0.0 a']);
    const choose = (tags: Readonly<Record<string, string>>): string =>
      told(chooseImage(unit, state, listed(tags), null, nothing, new Set([digest('b')])));
    assert.equal(choose({ '1.0.0': 'a', '2.0.0': 'b' }), 'want 1.0.0 a');
    assert.equal(choose({ '1.0.0': 'a', '2.0.0': 'c' }), 'want 2.0.0 c');
  });

  test('fault 44: 99.0.0 by mistake stays the best until it is held', () => {
    const tags = { '1.1.0': 'a', '1.2.0': 'c', '99.0.0': 'b' };
    assert.equal(settled(unit, after(['1.1.0 a', '99.0.0 b']), tags).choice, 'want 99.0.0 b');
    assert.equal(settled(unit, after(['1.1.0 a', '99.0.0 b'], 'b'), tags).choice, 'want 1.2.0 c');
  });

  test('nothing below what stands, even when that is gone from the registry; the same tag under a new digest', () => {
    const state = after(['2.0.0 b']);
    assert.deepEqual(settled(unit, state, { '1.9.0': 'a' }), { choice: 'want 2.0.0 b', asked: [] });
    assert.deepEqual(settled(unit, state, {}), { choice: 'want 2.0.0 b', asked: [] });
    assert.equal(settled(unit, state, { '2.0.0': 'c' }).choice, 'want 2.0.0 c');
    assert.equal(settled(unit, state, { '2.0.0': null, '1.0.0': 'a' }).choice, 'want 2.0.0 b');
  });

  test('a lower one where what stands is held, or not admitted any more', () => {
    const state = after(['2.0.0 b']);
    assert.equal(settled(unit, after(['2.0.0 b'], 'b'), { '1.9.0': 'a', '2.0.0': 'b' }).choice, 'want 1.9.0 a');
    const below = imageWith('policy: { semver: "<2.0.0" }');
    assert.equal(settled(below, state, { '1.9.0': 'a', '2.0.0': 'b' }).choice, 'want 1.9.0 a');
    assert.equal(settled(below, state, { '2.0.0': 'b' }).choice, 'stay');
  });

  test('without a record, nothing below what references have', () => {
    assert.deepEqual(settled(unit, empty, { '1.9.0': 'a' }, '2.0.0'), { choice: 'stay', asked: [] });
    assert.equal(settled(unit, empty, { '2.0.0': 'a' }, '2.0.0').choice, 'want 2.0.0 a');
    assert.equal(settled(unit, empty, { '2.0.1': 'a' }, '2.0.0').choice, 'want 2.0.1 a');
  });

  test('a record that is no content keeps nothing from landing', () => {
    const people = { ...releasedImage('2.0.0', 'b', {}), version: null, content: null };
    assert.equal(settled(unit, stateOf(unit.id, { releases: [people] }), { '1.0.0': 'a' }).choice, 'want 1.0.0 a');
    const removed = { ...releasedImage('2.0.0', 'b', {}), content: REMOVED };
    assert.equal(settled(unit, stateOf(unit.id, { releases: [removed] }), { '1.0.0': 'a' }).choice, 'want 1.0.0 a');
  });

  test('what was released from another registry is kept, and never asked of this one', () => {
    const source = { image: 'registry.example.org/shop/api', tag: '2.0.0', digest: digest('b') };
    const state = stateOf(unit.id, { releases: [releasedImage('2.0.0', 'b', {}, { source })] });
    assert.equal(settled(unit, state, { '1.9.0': 'a' }).choice, 'stay');
    assert.equal(settled(unit, state, { '2.0.0': 'c' }).choice, 'want 2.0.0 c');
  });
});

describe('the digest of one tag', () => {
  const moving = imageWith('policy: { digest: latest }');

  test('whatever it points to, and nothing else', () => {
    assert.equal(settled(moving, empty, { latest: 'a', '9.9.9': 'b' }).choice, 'want latest a');
    assert.equal(settled(moving, after(['latest a']), { latest: 'b' }).choice, 'want latest b');
    assert.equal(settled(moving, after(['latest a', 'latest b']), { latest: 'a' }).choice, 'want latest a');
    assert.equal(settled(moving, empty, { '9.9.9': 'b' }).choice, 'stay');
  });

  test('what was taken back stays away; the tag itself is not held, since it moves on', () => {
    const state = after(['latest a', 'latest b'], 'b');
    assert.equal(settled(moving, state, { latest: 'b' }).choice, 'stay');
    assert.equal(settled(moving, state, { latest: 'c' }).choice, 'want latest c');
  });

  test('what stands is kept when the tag is gone', () => {
    assert.equal(settled(moving, after(['latest a']), {}).choice, 'want latest a');
  });
});
