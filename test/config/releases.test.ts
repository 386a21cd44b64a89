import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReleaseRule } from '../../shared/config/config.ts';
import { parseConfig } from '../../shared/config/parse.ts';
import { faultsOf } from './faults.ts';

const parse = (text: string): readonly ReleaseRule[] => parseConfig(Buffer.from(text)).releases;
const one = (keys: string): ReleaseRule => parse(`releases: [{bucket: acme, ${keys}}]`)[0]!;
const faults = (text: string): string[] =>
  faultsOf(text).map(({ line, column, path, reason }) => `${line}:${column} ${path} ${reason}`);

test('everything but the bucket has a default', () => {
  const [rule] = parse('releases: [{bucket: acme}]');
  const { digest, ...rest } = rule!;
  assert.deepEqual(rest, { name: 's3://acme/', bucket: 'acme', prefix: '', deadline: 3_600_000 });
  assert.equal(digest, 'sha256:c49fde7de21065f499ce3f6261f9c05f19053606d3aa41f8591418e5f04cb7a5');
  assert.equal(one('prefix: r/, name: together').name, 'together');
});

test('a deadline is written as people say it', () => {
  const deadlines = {
    '90s': 90_000,
    '30m': 1_800_000,
    '1h': 3_600_000,
    '2d': 172_800_000,
    '168h': 604_800_000,
    '7d': 604_800_000,
  };
  for (const [written, milliseconds] of Object.entries(deadlines))
    assert.equal(one(`deadline: ${written}`).deadline, milliseconds);
  for (const wrong of [
    '8d',
    '169h',
    '0h',
    '1w',
    '1.5h',
    '-1h',
    '1 h',
    'h',
    '3600',
    '01h',
    "''",
    '1h30m',
    '99999999999d',
  ])
    assert.deepEqual(
      faultsOf(`releases: [{bucket: acme, deadline: ${wrong}}]`).map(({ path }) => path),
      ['releases[0].deadline'],
      wrong,
    );
});

test('faults have their places', () => {
  const text = `releases:
  - bucket: A
    prefix: /x
    deadline: soon
    colour: red
  - prefix: gitferry-rejected/
    name: a#b
`;
  assert.deepEqual(faults(text), [
    '2:13 releases[0].bucket ValueInvalid',
    '3:13 releases[0].prefix ValueInvalid',
    '4:15 releases[0].deadline ValueInvalid',
    '5:5 releases[0].colour KeyUnknown',
    '6:5 releases[1].bucket KeyMissing',
    '6:13 releases[1].prefix ValueInvalid',
    '7:11 releases[1].name ValueInvalid',
  ]);
});

test('no mirror looks where release files lie', () => {
  const both = (mirror: string, release: string): string =>
    `mirrors:\n  - {bucket: acme, prefix: ${mirror}, files: a, name: m}\nreleases:\n  - {bucket: acme, prefix: ${release}, name: r}\n`;
  for (const [mirror, release] of [
    ['r/', 'r/'],
    ['r/', 'r/x/'],
    ['r/x/', 'r/'],
    ["''", 'r/'],
    ['r/', "''"],
  ] as const)
    assert.deepEqual(
      faults(both(mirror, release)),
      ['4:28 releases[0].prefix PrefixesOverlap'],
      `${mirror} ${release}`,
    );
  for (const [mirror, release] of [
    ['r/', 'rx/'],
    ['a/r/', 'r/'],
  ] as const)
    assert.equal(parse(both(mirror, release)).length, 1);
  assert.equal(parse('mirrors: [{bucket: other, files: a}]\nreleases: [{bucket: acme}]').length, 1);
  assert.match(faultsOf(both('r/', 'r/'))[0]?.message ?? '', /that of the mirror m:/u);
});

test('two rules do not look for the same release files', () => {
  assert.deepEqual(faults('releases:\n  - {bucket: acme, prefix: a/}\n  - {bucket: acme, prefix: a/b/}\n'), [
    '3:28 releases[1].prefix PrefixesOverlap',
  ]);
  assert.equal(
    parse('releases: [{bucket: acme, prefix: a/}, {bucket: acme, prefix: b/}, {bucket: acme2, prefix: a/}]').length,
    3,
  );
});

test('names are unique among all rules', () => {
  assert.deepEqual(faults('mirrors: [{bucket: a-b, files: a, name: x}]\nreleases: [{bucket: acme, name: x}]'), [
    '2:12 releases[0] NameTaken',
  ]);
});
