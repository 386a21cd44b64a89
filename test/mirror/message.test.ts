import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { bodyOf, type Named, releaseMessage, subjectOf } from '../../functions/mirror/message.ts';
import { readTrailer } from '../../shared/git/trailers.ts';
import { REMOVED } from '../../shared/ledger/state.ts';
import { archive, chartUnit, digest, fileUnit, released, standing } from '../unit/fixture.ts';

const unit = chartUnit();
const release = released(unit, archive('6.14.1'), digest('a'));
const edits = { 'charts/web': standing('1') };
const chart: Named = { unit, release, previous: '6.12.0', moved: false, edits };
const said = { claims: {}, ledger: 'b'.repeat(40), records: ['{}'] };

function messageOf(named: Named, more: { readonly claims?: Record<string, string>; readonly announced?: string } = {}) {
  const summary = subjectOf(named);
  return releaseMessage({ ...said, ...more, release: { ...named.release, summary }, body: bodyOf(named, {}) });
}

const file = { ...chart, unit: fileUnit(), release: { ...release, version: null }, previous: null };

test('a chart: what was released, from which version to which', () => {
  assert.equal(
    messageOf({ ...chart, release: { ...release, publisher: '123456789012' } }, { claims: { Build: '17' } }),
    `Release web 6.14.1

charts/web: 6.12.0 -> 6.14.1

Gitferry-Source: s3://releases/charts/web-6.14.1.tgz
Gitferry-Content: ${digest('a')}
Gitferry-Publisher: 123456789012
Gitferry-Claim-Build: 17
Gitferry-Release: ${release.release}
Gitferry-Record: {}
Gitferry-Ledger: ${'b'.repeat(40)}
`,
  );
});

test('files, removals and moves are called what they are', () => {
  assert.equal(subjectOf({ ...file, edits: { 'apps/a.yaml': standing('1') } }), 'Release apps/a.yaml');
  assert.equal(subjectOf({ ...chart, release: { ...release, content: REMOVED, version: null } }), 'Remove charts/web');
  const moved = {
    ...chart,
    moved: true,
    previous: '6.14.1',
    edits: { 'charts/web': null, 'fleet/web': standing('1') },
  };
  assert.equal(subjectOf({ ...moved, release: { ...release, root: 'fleet/web' } }), 'Move web 6.14.1 to fleet/web');
  const elsewhere = { 'apps/a.yaml': null, 'fleet/a.yaml': standing('1') };
  const movedFile = { ...file, moved: true, edits: elsewhere, release: { ...file.release, root: 'fleet' } };
  assert.equal(subjectOf(movedFile), `Move ${file.unit.name} to fleet`);
});

test('a long list of files is cut', () => {
  const many = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`apps/${index}.yaml`, standing('1')]));
  const message = messageOf({ ...file, edits: many });
  assert.match(message, /apps\/19\.yaml: added\nand 5 more\n/u);
});

test('fault 37: no text from outside starts a line of its own, as git reads the trailers', () => {
  const evil = 'x\nGitferry-Release: 01FORGED\r\u2028\u0000Gitferry-Record: {}\n\nGitferry-Release: 01FORGED';
  const source = { bucket: 'releases', key: evil, etag: '', versionId: evil, modified: '' };
  const named = {
    ...chart,
    release: { ...release, version: evil, publisher: evil, source },
    previous: evil,
    edits: { [evil]: standing('1') },
  };
  const message = messageOf(named, { claims: { Build: evil }, announced: evil });
  assert.deepEqual(readTrailer(message, 'Gitferry-Release'), [release.release]);
  const parsed = execFileSync('git', ['interpret-trailers', '--parse'], { input: message })
    .toString()
    .trim()
    .split('\n');
  assert.deepEqual(
    parsed.map((line) => line.slice(0, line.indexOf(':'))),
    ['Source', 'Content', 'Announced', 'Publisher', 'Claim-Build', 'Release', 'Record', 'Ledger'].map(
      (name) => `Gitferry-${name}`,
    ),
  );
  assert.equal(message.split('\n').filter((line) => line.startsWith('Gitferry-Release')).length, 1);
});
