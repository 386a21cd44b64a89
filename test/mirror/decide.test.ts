import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Decision, decide, type View } from '../../functions/mirror/files/decide.ts';
import type { Places } from '../../shared/ledger/state.ts';
import { withRelease } from '../../shared/ledger/state.ts';
import { changing, digest, fileUnit, standing, stateOf } from '../unit/fixture.ts';

const { id, mirror } = fileUnit();
const overwriting = fileUnit('onEdit: overwrite').mirror;
const fresh = stateOf(id);
const [one, two, other] = [standing('1'), standing('2'), standing('f')];

const wanting = (places: Places) => ({ version: null, content: digest('b'), places, root: 'apps', source: null });
const seeing = (present: Places, more: Partial<View> = {}): View => {
  return { present, blocked: [], taken: new Map(), inherited: {}, same: (_, a, b) => a === b, ...more };
};
const after = (places: Places) => withRelease(fresh, { ...changing(digest('a'), places), rule: mirror.digest }, {});
const reason = (decision: Decision): string => (decision.kind === 'wait' ? decision.obstacle.reason : decision.kind);

describe('decide', () => {
  test('lands on an empty place', () => {
    const decision = decide(fresh, wanting({ x: one }), seeing({ x: null }), mirror);
    assert.deepEqual(decision, { kind: 'land', edits: { x: one }, changed: { x: one } });
  });

  test('does nothing for what is recorded, or held', () => {
    const state = after({ x: one });
    const same = { ...wanting({ x: one }), content: digest('a') };
    assert.equal(decide(state, same, seeing({ x: one }), mirror).kind, 'nothing');
    assert.equal(
      decide({ ...fresh, held: [digest('b')] }, wanting({ x: one }), seeing({ x: null }), mirror).kind,
      'nothing',
    );
  });

  test('a set replaces its own files, removes those that it lacks, and leaves the rest alone', () => {
    const decision = decide(after({ x: one, y: one }), wanting({ x: two, z: one }), seeing({ x: one, y: one }), mirror);
    const edits = { x: two, y: null, z: one };
    assert.deepEqual(decision, { kind: 'land', edits, changed: edits });
  });

  test('adopts what stands already: nothing to write, something to record', () => {
    const decision = decide(fresh, wanting({ x: one }), seeing({ x: one }), mirror);
    assert.deepEqual(decision, { kind: 'land', edits: {}, changed: { x: one } });
  });

  test("a person's edit waits, or is overwritten where the mirror says so", () => {
    const arguments_ = [after({ x: one }), wanting({ x: two }), seeing({ x: other })] as const;
    assert.equal(reason(decide(...arguments_, mirror)), 'PlaceEdited');
    assert.equal(reason(decide(...arguments_, overwriting)), 'land');
  });

  test("a person's file where nothing of ours stood waits", () => {
    assert.equal(reason(decide(fresh, wanting({ x: one }), seeing({ x: other }), mirror)), 'PlaceOccupied');
  });

  test("a person's edit of a path that the release doesn't touch holds nothing up", () => {
    const decision = decide(after({ x: one, y: one }), wanting({ x: two, y: one }), seeing({ x: one, y: one }), mirror);
    assert.deepEqual(decision.kind === 'land' && decision.edits, { x: two });
  });

  test('what a person removed, and the upload removes too, is no edit', () => {
    const decision = decide(after({ x: one, y: one }), wanting({ x: two }), seeing({ x: one, y: null }), mirror);
    assert.deepEqual(decision.kind === 'land' && decision.edits, { x: two });
  });

  test('fault 36: nothing lands through a file, a symlink or a submodule, not even by overwriting', () => {
    const view = seeing({ 'x/y': null }, { blocked: ['x/y'] });
    assert.equal(reason(decide(fresh, wanting({ 'x/y': one }), view, overwriting)), 'PathBlocked');
  });

  test("another unit's place is never taken, not even by overwriting", () => {
    const view = seeing({ x: other }, { taken: new Map([['x', 'config#other']]) });
    assert.equal(reason(decide(fresh, wanting({ x: one }), view, overwriting)), 'PlaceTaken');
  });

  test('what a unit without a rule left behind is taken over, unless a person changed it', () => {
    assert.equal(
      reason(decide(fresh, wanting({ x: one }), seeing({ x: two }, { inherited: { x: two } }), mirror)),
      'land',
    );
    assert.equal(
      reason(decide(fresh, wanting({ x: one }), seeing({ x: other }, { inherited: { x: two } }), mirror)),
      'PlaceOccupied',
    );
  });

  test('the same content under another rule is only recorded where its places stay', () => {
    const state = after({ x: one });
    const same = { ...wanting({ x: one }), content: digest('a') };
    const decision = decide(state, same, seeing({ x: one }), overwriting);
    assert.deepEqual(decision, { kind: 'land', edits: {}, changed: {} });
  });
});
