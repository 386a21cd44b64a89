import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Filter, Policy } from '../../shared/image/policy.ts';
import { admits, compareTags, rankTags } from '../../shared/image/tags.ts';

const filtered = (pattern: string, extract: string | null = null): Filter => ({ pattern, extract });
const semver = (range: string, filter: Filter | null = null) => ({ kind: 'semver', range, filter }) as const;
const numerical = (order: 'asc' | 'desc', filter: Filter | null = null) =>
  ({ kind: 'numerical', order, filter }) as const;
const alphabetical = (order: 'asc' | 'desc', filter: Filter | null = null) =>
  ({ kind: 'alphabetical', order, filter }) as const;

const timestamps = ['1606234201', '1606364286', '1606334092', '1606334284', '1606334201'];
const ubuntu = ['xenial', 'yakkety', 'zesty', 'artful', 'bionic'];
const calver = ['16.04', '16.04.1', '16.10', '20.04', '20.10'];

describe('the best is what Flux takes', () => {
  // https://fluxcd.io/flux/components/image/imagepolicies/ and the cases that its controller is tested with:
  // https://github.com/fluxcd/image-reflector-controller/tree/main/internal/policy
  const cases: readonly (readonly [string, Policy, readonly string[], string | undefined])[] = [
    ['a range', semver('5.1.x'), ['5.0.9', '5.1.3', '5.1.4', '5.1.5-rc.1', '5.2.0', 'latest'], '5.1.4'],
    ['the latest release', semver('>=1.0.0'), ['0.9.0', '1.2.0', '1.10.0', '2.0.0-rc.1'], '1.10.0'],
    [
      'candidates',
      semver('^1.x-0', filtered('.*-rc.*')),
      ['1.2.0', '1.2.0-rc.9', '1.2.0-rc.10', '2.0.0-rc.1'],
      '1.2.0-rc.10',
    ],
    ['no four parts', semver('1.0.x'), ['1.0.0', '1.0.0.1', '1.0.0p', '1.0.1', '1.2.0', '0.1.0'], '1.0.1'],
    ['with a v', semver('1.0.x'), ['v1.2.3', 'v1.0.0', 'v0.1.0'], 'v1.0.0'],
    ['with a b', semver('1.0.x'), ['b1.2.3', 'b1.0.0', 'b0.1.0'], undefined],
    ['nothing in the range', semver('1.0.x'), ['1.2.0'], undefined],
    ['nothing at all', semver('1.0.x'), [], undefined],
    ['a version within', semver('*', filtered('^app-(.*)$', '$1')), ['app-1.0.0', 'app-1.2.0', '9.0.0'], 'app-1.2.0'],
    ['years and months', alphabetical('asc'), calver, '20.10'],
    ['years and months, downwards', alphabetical('desc'), calver, '16.04'],
    ['names', alphabetical('asc'), ubuntu, 'zesty'],
    ['names, downwards', alphabetical('desc'), ubuntu, 'artful'],
    ['times', alphabetical('asc'), timestamps, '1606364286'],
    ['times, downwards', alphabetical('desc'), timestamps, '1606234201'],
    ['capitals before small letters', alphabetical('asc'), ['Zesty', 'artful', '_x', '9'], 'artful'],
    [
      'the time of a release',
      alphabetical('asc', filtered('^RELEASE\\.(?P<timestamp>.*)Z$', '$timestamp')),
      ['RELEASE.2020-11-24T00-00-00Z', 'RELEASE.2021-01-01T00-00-00Z', 'edge', 'RELEASE.2021-06-01'],
      'RELEASE.2021-01-01T00-00-00Z',
    ],
    ['numbers', numerical('asc'), ['9', '10', '72', '73', '15'], '73'],
    ['numbers, downwards', numerical('desc'), ['9', '10', '72', '73', '15'], '9'],
    ['fractions', numerical('asc'), ['47.40896403322944', '24.7', '53.47333823144817', '3.2'], '53.47333823144817'],
    ['times by number', numerical('asc'), timestamps, '1606364286'],
    [
      'the time of a build',
      numerical('asc', filtered('^main-[a-f0-9]+-(?P<ts>[0-9]+)', '$ts')),
      ['main-ffff-999', 'main-0a1b-1606364286', 'main-1b2c-1606334092', 'dev-0a1b-1906364286', 'latest'],
      'main-0a1b-1606364286',
    ],
    ['numbers beyond 53 bits', numerical('asc'), ['9007199254740993', '9007199254740992'], '9007199254740993'],
    ['the same, downwards', numerical('desc'), ['9007199254740993', '9007199254740992'], '9007199254740992'],
    [
      'very long numbers',
      numerical('asc'),
      ['20240131120000123456789', '20240131120000123456788'],
      '20240131120000123456789',
    ],
    ['one tag', { kind: 'digest', tag: 'latest' }, ['1.0.0', 'latest', 'edge'], 'latest'],
    ['one tag that is not there', { kind: 'digest', tag: 'latest' }, ['1.0.0'], undefined],
  ];
  for (const [name, policy, tags, best] of cases)
    test(name, () => {
      assert.equal(rankTags(policy, tags)[0], best);
      assert.equal(rankTags(policy, tags.toReversed())[0], best);
      for (const tag of tags) assert.equal(admits(policy, tag), rankTags(policy, tags).includes(tag), tag);
    });
});

describe('among equals', () => {
  test('of two spellings of a version that without the v comes first', () => {
    const policy = semver('*');
    assert.deepEqual(rankTags(policy, ['v1.0.0', '1.0.0', 'v0.9.0']), ['1.0.0', 'v1.0.0', 'v0.9.0']);
    assert.equal(compareTags(policy, 'v1.0.0', '1.0.0'), 0);
  });

  test('of two spellings of a number the last', () => {
    assert.deepEqual(rankTags(numerical('asc'), ['7', '007', '7.0']), ['7.0', '7', '007']);
    assert.equal(compareTags(numerical('desc'), '7', '007'), 0);
  });

  test('of two tags with the same within the last', () => {
    for (const policy of [
      semver('*', filtered('^\\w-(.*)$', '$1')),
      numerical('asc', filtered('-(\\d)', '$1')),
      alphabetical('desc', filtered('-(\\d)', '$1')),
    ]) {
      assert.deepEqual(rankTags(policy, ['a-1.0.0', 'c-1.0.0', 'b-1.0.0']), ['c-1.0.0', 'b-1.0.0', 'a-1.0.0']);
      assert.equal(compareTags(policy, 'a-1.0.0', 'b-1.0.0'), 0);
    }
  });

  test('a tag that is listed twice is there once', () => {
    assert.deepEqual(rankTags(alphabetical('asc'), ['a', 'b', 'a']), ['b', 'a']);
  });
});

test('an admitted tag is better than one that is not', () => {
  const policy = semver('<2.0.0');
  assert.ok(compareTags(policy, '1.0.0', '2.0.0') < 0);
  assert.ok(compareTags(policy, 'latest', '1.0.0') > 0);
  assert.equal(compareTags(policy, 'latest', '2.0.0'), 0);
});

test('what is no tag is never admitted', () => {
  for (const tag of ['', '-1', '.1', 'a b', '1\n', 'é', 'a'.repeat(129), '1.0.0+build'])
    for (const policy of [semver('*'), numerical('asc'), alphabetical('asc'), { kind: 'digest', tag } as const])
      assert.equal(admits(policy, tag), false, tag);
});

test('what hangs on an image by its digest is none', () => {
  const hex = 'f'.repeat(64);
  const appendages = [`sha256-${hex}`, `sha256-${hex}.sig`, `sha256-${hex}.att`, `sha256-${hex}.sbom`, 'x.sig'];
  for (const policy of [
    alphabetical('asc'),
    alphabetical('asc', filtered('.')),
    alphabetical('asc', filtered('(.*)', '$1')),
  ])
    assert.deepEqual(rankTags(policy, [...appendages, 'sha256-0', 'main.sigma']), ['sha256-0', 'main.sigma']);
});

test('a policy that the configuration would refuse is a fault of the program', () => {
  assert.throws(() => admits(semver('latest'), '1.0.0'), TypeError);
  assert.throws(() => admits(semver('*', filtered('(')), '1.0.0'), TypeError);
});

/** What Flux takes from a list, by its rules and one pass; null where it stops with an error. */
function fluxTakes(policy: Policy, tags: readonly string[]): string | null {
  if (policy.kind === 'digest') return null;
  const pattern = new RegExp(policy.filter?.pattern ?? '', 'u');
  const byText = new Map<string, string>();
  for (const tag of tags) {
    const match = pattern.exec(tag);
    if (match !== null) byText.set(policy.filter?.extract ? (match[1] ?? '') : tag, tag);
  }
  let best: string | null = null;
  // Flux goes through what a filter made in no order at all: this is one that it may take.
  for (const text of policy.filter === null ? byText.keys() : [...byText.keys()].sort()) {
    if (policy.kind === 'numerical' && !/^\d+$/u.test(text)) return null;
    if (policy.kind === 'semver' && !/^v?\d\.\d\.\d$/u.test(text)) continue;
    best ??= text;
    const [a, b] = [text, best];
    const number = (version: string): number => Number(version.replaceAll(/[v.]/gu, ''));
    const takes =
      policy.kind === 'semver'
        ? number(a) > number(b)
        : policy.kind === 'numerical'
          ? policy.order === 'asc'
            ? Number(a) >= Number(b)
            : Number(a) <= Number(b)
          : policy.order === 'asc'
            ? a > b
            : a < b;
    if (takes) best = text;
  }
  return best === null ? null : (byText.get(best) ?? null);
}

const digit = fc.nat({ max: 3 }).map(String);
const version = fc.tuple(fc.constantFrom('', 'v'), digit, digit, digit).map(([v, ...n]) => `${v}${n.join('.')}`);
const small = fc.oneof(
  digit,
  fc.nat({ max: 3 }).map((n) => `0${n}`),
);
const build = fc.tuple(fc.constantFrom('a', 'b'), small).map((parts) => parts.join('-'));
const tag = fc.oneof(version, small, build, fc.constantFrom('latest', 'edge', 'Edge'));
const order = fc.constantFrom('asc' as const, 'desc' as const);
const policy: fc.Arbitrary<Policy> = fc.oneof(
  fc.constantFrom(semver('*'), semver('*', filtered('^\\w-(.*)$', '$1'))),
  fc
    .tuple(order, fc.constantFrom(null, filtered('-(\\d+)$', '$1'), filtered('^\\d+$')))
    .map((args) => numerical(...args)),
  fc.tuple(order, fc.constantFrom(null, filtered('-(\\d+)$', '$1'))).map((args) => alphabetical(...args)),
);
const tags = fc.array(tag, { maxLength: 12 });

test('of any list in the order of a registry the best is what Flux takes', () => {
  let compared = 0;
  fc.assert(
    fc.property(policy, tags, (chosen, list) => {
      const taken = fluxTakes(chosen, [...new Set(list)].sort());
      if (taken !== null) assert.equal(rankTags(chosen, list)[0], taken);
      compared += taken === null ? 0 : 1;
    }),
    { numRuns: 2000 },
  );
  assert.ok(compared > 500, `${compared} lists were compared`);
});

test('the ranking is one order, whatever the list, and agrees with the comparison of two', () => {
  fc.assert(
    fc.property(policy, tags, fc.infiniteStream(fc.nat()), (chosen, list, random) => {
      const ranked = rankTags(chosen, list);
      const shuffled = list.map((one) => [random.next().value, one] as const).sort(([a], [b]) => a - b);
      assert.deepEqual(
        rankTags(
          chosen,
          shuffled.map(([, one]) => one),
        ),
        ranked,
      );
      assert.deepEqual(new Set(ranked), new Set(list.filter((one) => admits(chosen, one))));
      for (const [index, a] of ranked.entries()) {
        for (const b of ranked.slice(index)) {
          assert.ok(compareTags(chosen, a, b) <= 0);
          assert.ok(compareTags(chosen, b, a) >= 0);
          assert.equal(rankTags(chosen, [b, a])[0], a);
        }
      }
    }),
  );
});

test('ten thousand tags are ranked in a second', () => {
  const list = Array.from(
    { length: 10_000 },
    (_, index) => `main-3f2a1b9-${1_600_000_000 + ((index * 7919) % 10_000)}`,
  );
  const started = performance.now();
  const [best] = rankTags(numerical('asc', filtered('^main-[a-f0-9]+-(?P<ts>[0-9]+)$', '$ts')), list);
  assert.equal(best, 'main-3f2a1b9-1600009999');
  assert.ok(performance.now() - started < 1000, `${performance.now() - started} ms`);
});
