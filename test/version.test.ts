import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareVersions, isWithin, parseRange, parseVersion, type Version } from '../shared/version.ts';

interface Answers {
  readonly versions: readonly string[];
  readonly invalid: readonly string[];
  readonly ordered: readonly string[];
  readonly ranges: Readonly<Record<string, readonly string[] | null>>;
}

const answers: Answers = JSON.parse(await readFile(new URL('fixtures/go/semver.json', import.meta.url), 'utf8'));

function version(text: string): Version {
  const parsed = parseVersion(text);
  assert.ok(parsed, text);
  return parsed;
}

function admitted(range: string, versions: readonly string[]): readonly string[] | null {
  const parsed = parseRange(range);
  return parsed && versions.filter((text) => isWithin(parsed, version(text)));
}

test('versions are what Flux takes for one', () => {
  assert.deepEqual(
    answers.versions.filter((text) => parseVersion(text) === null),
    answers.invalid,
  );
});

test('versions stand in the order of Flux', () => {
  const sound = answers.versions.filter((text) => !answers.invalid.includes(text));
  assert.ok(sound.length > 30);
  assert.deepEqual(
    sound.toSorted((a, b) => compareVersions(version(a), version(b))),
    answers.ordered,
  );
});

test('ranges let in what they let in with Flux', () => {
  const ranges = Object.entries(answers.ranges);
  assert.ok(ranges.length > 100);
  for (const [range, expected] of ranges) assert.deepEqual(admitted(range, answers.ordered), inOrder(expected), range);
});

function inOrder(versions: readonly string[] | null): readonly string[] | null {
  return versions && answers.ordered.filter((text) => versions.includes(text));
}

test('versions that differ in build metadata alone are equal', () => {
  assert.equal(compareVersions(version('1.0.0+a'), version('v1.0.0+b')), 0);
});

const number = fc.oneof(fc.nat({ max: 3 }).map(String), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String));
const identifier = fc.oneof(number, fc.stringMatching(/^[0-9A-Za-z-]{0,3}[A-Za-z-]$/u));
const text = fc
  .tuple(number, number, number, fc.array(identifier, { maxLength: 3 }))
  .map(([a, b, c, rest]) => `${a}.${b}.${c}${rest.length > 0 ? `-${rest.join('.')}` : ''}`);

test('the order of versions is one, and a release follows its prereleases', () => {
  fc.assert(
    fc.property(text, text, text, (a, b, c) => {
      const [x, y, z] = [version(a), version(b), version(c)];
      assert.equal(Math.sign(compareVersions(x, y)), -Math.sign(compareVersions(y, x)));
      assert.equal(compareVersions(x, y) === 0, a === b);
      if (compareVersions(x, y) <= 0 && compareVersions(y, z) <= 0) assert.ok(compareVersions(x, z) <= 0);
      if (x.prerelease.length > 0) assert.ok(compareVersions(x, { ...x, prerelease: [] }) < 0);
    }),
  );
});

test('hostile ranges and versions are judged in no time', () => {
  const long = [
    ...['1.'.repeat(5000), `1.0.0-${'a.'.repeat(5000)}`, `1.0.0-${'-'.repeat(10_000)}!`, `${'9'.repeat(10_000)}.0.0`],
    ...[
      `>=${' '.repeat(10_000)}x`,
      '1 '.repeat(5000),
      '||'.repeat(5000),
      `1${' '.repeat(10_000)}-`,
      '1 - '.repeat(3000),
    ],
  ];
  const started = performance.now();
  for (const hostile of long) {
    parseVersion(hostile);
    parseRange(hostile);
  }
  assert.ok(performance.now() - started < 1000);
});
