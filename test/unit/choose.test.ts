import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { REMOVED } from '../../shared/ledger/state.ts';
import { type Candidate, type Choice, candidatesOf, choose, ranked } from '../../shared/unit/choose.ts';
import { archive, chartUnit, digest, fileUnit, released, stateOf } from './fixture.ts';

const A = digest('a');
const B = digest('b');
const unit = chartUnit();
const nothingKnown = new Map<Candidate, string | null>();

function versions(of: readonly Candidate[]): (string | null)[] {
  return of.map(({ version }) => version);
}

function told(choice: Choice): string {
  return 'candidate' in choice ? `${choice.kind} ${choice.candidate.version}` : choice.kind;
}

describe('which archives are candidates', () => {
  test('those of the chart, whatever else the listing brings', () => {
    const listing = [
      'charts/web-1.0.0.tgz',
      'charts/web-admin-1.0.0.tgz',
      'charts/web-1.tgz',
      'charts/deep/web-1.0.0.tgz',
    ];
    const objects = listing.map((key) => ({ ...archive('0.0.0'), key }));
    assert.deepEqual(
      candidatesOf(unit, objects).map(({ key }) => key),
      ['charts/web-1.0.0.tgz'],
    );
  });

  test('a file has one, its own key', () => {
    const file = fileUnit();
    const objects = ['config/a.yaml', 'config/a.yaml.bak'].map((key) => ({ ...archive('0.0.0'), key }));
    assert.deepEqual(
      candidatesOf(file, objects).map(({ key, version }) => [key, version]),
      [['config/a.yaml', null]],
    );
  });
});

describe('their order', () => {
  test('the highest version first, by semver and not by letters; prereleases only where the range names them', () => {
    const listing = ['9.0.0', '10.0.0', '10.1.0-rc.1', '2.0.0'].map((version) => archive(version));
    assert.deepEqual(versions(ranked(unit, listing)), ['10.0.0', '9.0.0', '2.0.0']);
    const early = chartUnit('versions: ">=2.0.0 <10.0.0 || >=10.1.0-0"');
    assert.deepEqual(versions(ranked(early, listing)), ['10.1.0-rc.1', '9.0.0', '2.0.0']);
    // As Helm and Flux read it: npm would take 9.0.0-0 for a word on prereleases of 9.0.0 alone.
    const all = chartUnit('versions: ">=9.0.0-0"');
    assert.deepEqual(versions(ranked(all, listing)), ['10.1.0-rc.1', '10.0.0', '9.0.0']);
  });

  test('the newest upload first where the mirror says so', () => {
    const newest = chartUnit('select: newest-upload');
    const listing = [archive('2.0.0', 1), archive('1.0.0', 3), archive('3.0.0', 2)];
    assert.deepEqual(versions(ranked(newest, listing)), ['1.0.0', '3.0.0', '2.0.0']);
  });

  test('ties go to the newer upload, then by key, so that the order of the listing never counts', () => {
    const tied = [archive('1.0.0+a', 1), archive('1.0.0+b', 2), archive('1.0.0+c', 1)];
    for (const listing of [tied, tied.toReversed()])
      assert.deepEqual(versions(ranked(unit, listing)), ['1.0.0+b', '1.0.0+c', '1.0.0+a']);
  });
});

describe('the choice', () => {
  const low = archive('1.0.0', 1);
  const high = archive('2.0.0', 2);

  test('an unread candidate is to be read first, then lands', () => {
    assert.equal(told(choose(unit, stateOf(unit.id), [low, high], nothingKnown)), 'read 2.0.0');
    assert.equal(told(choose(unit, stateOf(unit.id), [low, high], new Map([[high, B]]))), 'land 2.0.0');
  });

  test('what was rejected now gives way to the next best', () => {
    assert.equal(told(choose(unit, stateOf(unit.id), [low, high], new Map([[high, null]]))), 'read 1.0.0');
  });

  test('what was rejected earlier is not read again, until its bytes or the rule change', () => {
    const source = { bucket: 'releases', ...high };
    const rejection = { id: '', reason: '', message: '', hint: '', rule: unit.mirror.digest, source };
    const state = stateOf(unit.id, { rejected: { [B]: rejection } });
    assert.equal(told(choose(unit, state, [low, high], nothingKnown)), 'read 1.0.0');
    assert.equal(told(choose(unit, state, [low, archive('2.0.0', 3, 'mended')], nothingKnown)), 'read 2.0.0');
    const ruled = chartUnit('versions: ">=1.0.0"');
    assert.equal(told(choose(ruled, state, [low, high], nothingKnown)), 'read 2.0.0');
  });

  test('what is held gives way, whether its bytes were read now or landed before', () => {
    const state = stateOf(unit.id, { held: [B] });
    assert.equal(told(choose(unit, state, [low, high], new Map([[high, B]]))), 'read 1.0.0');
    const landed = { ...state, releases: [released(unit, high, B), released(unit, low, A)] };
    assert.equal(told(choose(unit, landed, [low, high], nothingKnown)), 'stay');
  });

  test('a lower version does nothing while the higher stands, even when that one is gone from the bucket', () => {
    const state = stateOf(unit.id, { releases: [released(unit, high, B)] });
    assert.equal(told(choose(unit, state, [low, high], nothingKnown)), 'stay');
    assert.equal(told(choose(unit, state, [low], nothingKnown)), 'stay');
    assert.equal(told(choose(unit, state, [], nothingKnown)), 'stay');
  });

  test('a lower version lands when the one that stands is held, or outside the range', () => {
    const state = stateOf(unit.id, { releases: [released(unit, high, B)] });
    assert.equal(told(choose(unit, { ...state, held: [B] }, [low, high], nothingKnown)), 'read 1.0.0');
    const below = chartUnit('versions: "<2.0.0"');
    assert.equal(told(choose(below, state, [low, high], nothingKnown)), 'read 1.0.0');
  });

  test('fault 44: 99.0.0 by mistake gives way once it is held', () => {
    const mistake = archive('99.0.0', 3);
    const state = stateOf(unit.id, { releases: [released(unit, high, B), released(unit, mistake, A)] });
    assert.equal(told(choose(unit, state, [high, mistake], nothingKnown)), 'stay');
    assert.equal(told(choose(unit, { ...state, held: [A] }, [high, mistake], nothingKnown)), 'read 2.0.0');
  });

  test('a version that is uploaded again with other bytes is read again', () => {
    const state = stateOf(unit.id, { releases: [released(unit, high, B)] });
    assert.equal(told(choose(unit, state, [archive('2.0.0', 3, 'other')], nothingKnown)), 'read 2.0.0');
  });

  test('onDelete: remove takes away what is gone, or falls back to the next best', () => {
    const removing = chartUnit('onDelete: remove');
    const state = stateOf(unit.id, { releases: [released(removing, high, B)] });
    assert.equal(told(choose(removing, state, [], nothingKnown)), 'remove');
    assert.equal(told(choose(removing, state, [low], nothingKnown)), 'read 1.0.0');
    assert.equal(
      told(choose(removing, { ...state, held: [REMOVED] }, [], nothingKnown)),
      'stay',
      'a person took it back',
    );
  });

  test('fault 41c: lifecycle expiry removes nothing', () => {
    const removing = chartUnit('onDelete: remove');
    const state = stateOf(unit.id, { releases: [released(removing, high, B)], expired: true });
    assert.equal(told(choose(removing, state, [], nothingKnown)), 'stay');
  });

  test('a changed rule moves what stands: read again from its object, or relocated without it', () => {
    const state = stateOf(unit.id, { releases: [released(unit, high, B)] });
    const ruled = chartUnit('versions: ">=1.0.0"');
    assert.equal(told(choose(ruled, state, [low, high], nothingKnown)), 'read 2.0.0');
    assert.equal(told(choose(ruled, state, [low], nothingKnown)), 'relocate');
  });
});
