import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideImage, type ImageDecision, type Placed } from '../../functions/mirror/images/decide.ts';
import { type Places, type UnitState, withRelease } from '../../shared/ledger/state.ts';
import type { Reference, Value } from '../../shared/reference/reference.ts';
import { digest, stateOf } from '../unit/fixture.ts';
import { IMAGE, imageWith, referenceTo, releasedImage, said } from '../unit/image-fixture.ts';

const unit = imageWith();
const overwriting = imageWith('onEdit: overwrite');
const byTag = imageWith('pin: tag');
const fresh = stateOf(unit.id);
const ONE = { tag: '1.0.0', digest: digest('a') };
const TWO = { tag: '2.0.0', digest: digest('b') };
const WHY = 'it is the best there is';
const PATH = 'apps/a.yaml';
const PLACE = `${PATH}#Pod//a:image`;

const placed = (value: Partial<Value>, carries?: Reference['carries']): Placed[] => [
  { path: PATH, reference: referenceTo(value, carries) },
];
/** The state after 1.0.0 was released to the place, where 0.9.0 stood. */
function after(changed: Places = { [PLACE]: said('1.0.0', 'a') }, rule = unit.rule): UnitState {
  return withRelease(fresh, releasedImage('1.0.0', 'a', changed, { rule }), { [PLACE]: said('0.9.0', null) });
}
/** What it comes to: `nothing`, `wait PlaceEdited apps/a.yaml:7`, `land`, and what is written. */
function told(decision: ImageDecision): unknown[] {
  if (decision.kind === 'nothing') return ['nothing'];
  if (decision.kind === 'wait') return ['wait', decision.reason, ...decision.paths];
  return ['land', decision.edits.map(({ value }) => [value.name, value.tag, value.digest]), decision.changed];
}

describe('what becomes of references', () => {
  test('one that is new, or says what was released before, gets what is wanted', () => {
    const landed = ['land', [[IMAGE, '2.0.0', TWO.digest]], { [PLACE]: said('2.0.0', 'b') }];
    assert.deepEqual(told(decideImage(unit, fresh, placed({ tag: '0.9.0' }), TWO, WHY)), landed);
    assert.deepEqual(told(decideImage(unit, after(), placed(ONE), TWO, WHY)), landed);
  });

  test('one that says so already is left: recorded where it was not, else nothing', () => {
    assert.deepEqual(told(decideImage(unit, fresh, placed(TWO), TWO, WHY)), [
      'land',
      [],
      { [PLACE]: said('2.0.0', 'b') },
    ]);
    assert.deepEqual(told(decideImage(unit, after(), placed(ONE), ONE, WHY)), ['nothing']);
  });

  test('a new rule that asks for the same is recorded, without an edit', () => {
    const state = after(undefined, digest('9'));
    assert.deepEqual(told(decideImage(unit, state, placed(ONE), ONE, WHY)), ['land', [], {}]);
  });

  test('one that a person edited waits with file and line, or is overwritten where the rule says so', () => {
    const edited = placed({ tag: 'debug' });
    assert.deepEqual(told(decideImage(unit, after(), edited, TWO, WHY)), ['wait', 'PlaceEdited', `${PATH}:7`]);
    assert.equal(told(decideImage(overwriting, after(), edited, TWO, WHY))[0], 'land');
  });

  test('one edited holds up all others of its policy', () => {
    const other = { path: 'apps/b.yaml', reference: referenceTo(ONE) };
    const state = after({ [PLACE]: said('1.0.0', 'a'), 'apps/b.yaml#Pod//a:image': said('1.0.0', 'a') });
    const decision = decideImage(unit, state, [...placed({ tag: 'debug' }), other], TWO, WHY);
    assert.deepEqual(told(decision), ['wait', 'PlaceEdited', `${PATH}:7`]);
  });

  test('an edit that is what is wanted anyway holds nothing up', () => {
    assert.deepEqual(told(decideImage(unit, after(), placed(TWO), TWO, WHY)), [
      'land',
      [],
      { [PLACE]: said('2.0.0', 'b') },
    ]);
  });

  test('each gets the parts that it carries, and keeps the others', () => {
    const tagged = placed({ tag: '0.9.0' }, ['tag']);
    assert.deepEqual(told(decideImage(unit, fresh, tagged, TWO, WHY))[1], [[IMAGE, '2.0.0', null]]);
    const pinned = placed({ digest: ONE.digest }, ['digest']);
    assert.deepEqual(told(decideImage(unit, fresh, pinned, TWO, WHY))[1], [[IMAGE, null, TWO.digest]]);
    assert.deepEqual(told(decideImage(byTag, fresh, placed(ONE), TWO, WHY))[1], [[IMAGE, '2.0.0', null]]);
  });

  test('without references a tag waits for one, told by the files that are looked through', () => {
    assert.deepEqual(told(decideImage(unit, fresh, [], TWO, WHY)), ['wait', 'ReferenceMissing', 'apps/**']);
    assert.deepEqual(told(decideImage(unit, fresh, [], null, WHY)), ['nothing']);
  });

  test('what is held does not land, whoever asks', () => {
    const state = { ...after(), held: [TWO.digest] };
    assert.deepEqual(told(decideImage(unit, state, placed(ONE), TWO, WHY)), ['nothing']);
  });

  test('where no tag may land all is left, but what is held goes back to what stood there before gitferry', () => {
    assert.deepEqual(told(decideImage(unit, after(), placed(ONE), null, WHY)), ['nothing']);
    const back = { release: null, version: null, content: null, source: null };
    const record = releasedImage('', '0', { 'apps/b.yaml#Pod//a:image': said('0.9.0', null) }, back);
    const state = { ...withRelease(after(), record, {}), held: [ONE.digest] };
    assert.deepEqual(told(decideImage(unit, state, placed(ONE), null, WHY)), [
      'land',
      [[IMAGE, '0.9.0', null]],
      { [PLACE]: said('0.9.0', null) },
    ]);
    assert.deepEqual(told(decideImage(unit, state, placed({ tag: 'debug' }), null, WHY)), ['nothing']);
  });
});
