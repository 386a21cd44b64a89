import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkGlob, compileGlobs } from '../../shared/config/glob.ts';

const matches = (glob: string, path: string): boolean => compileGlobs([glob]).matches(path);
const bases = (...globs: string[]): readonly string[] => compileGlobs(globs).bases;

describe('a glob matches', () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['apps/api.yaml', ['apps/api.yaml'], ['apps/api.yml', 'apps/api.yaml/x', 'x/apps/api.yaml', 'Apps/api.yaml']],
    ['apps/*.yaml', ['apps/a.yaml', 'apps/.yaml', 'apps/.a.yaml'], ['apps/a/b.yaml', 'apps/a.yaml.bak', 'a.yaml']],
    ['apps/?.yaml', ['apps/a.yaml', 'apps/é.yaml', 'apps/🚢.yaml'], ['apps/ab.yaml', 'apps/.yaml']],
    [
      'apps/**/*.yaml',
      ['apps/a.yaml', 'apps/b/a.yaml', 'apps/b/c/d/a.yaml'],
      ['apps.yaml', 'x/apps/a.yaml', 'apps/a.yml'],
    ],
    ['apps/**', ['apps/a', 'apps/b/c', 'apps/.x/y'], ['apps', 'appsx/a']],
    ['**', ['a', 'a/b', '.a/.b'], []],
    ['**/values.yaml', ['values.yaml', 'a/values.yaml', 'a/b/values.yaml'], ['a/xvalues.yaml', 'values.yaml/a']],
    ['**/prod/**/*.yaml', ['prod/a.yaml', 'x/prod/y/z/a.yaml', 'prod/prod/a.yaml'], ['production/a.yaml', 'x/a.yaml']],
    ['a/**/b/**/c', ['a/b/c', 'a/x/b/y/c', 'a/b/b/c/c'], ['a/c', 'a/b', 'b/c', 'a/c/b']],
    [
      '{apps,infra}/*.{yaml,yml}',
      ['apps/a.yaml', 'infra/a.yml'],
      ['other/a.yaml', 'apps/a.json', '{apps,infra}/a.yaml'],
    ],
    ['apps/{a,b/{c,d}}/x', ['apps/a/x', 'apps/b/c/x', 'apps/b/d/x'], ['apps/b/x', 'apps/c/x']],
    ['apps/a{,-b}.yaml', ['apps/a.yaml', 'apps/a-b.yaml'], ['apps/a-.yaml']],
    ['*a*b*', ['ab', 'xaxbx', 'aab', 'abab'], ['ba', 'a/b']],
    ['a.b', ['a.b'], ['axb']],
    ['a+(b)'.replace(/[()]/gu, ''), ['a+b'], ['aab']],
  ];
  for (const [glob, yes, no] of cases)
    test(glob, () => {
      for (const path of yes) assert.equal(matches(glob, path), true, path);
      for (const path of no) assert.equal(matches(glob, path), false, path);
    });
});

test('the folders to walk stand before the first wildcard, and none inside another', () => {
  assert.deepEqual(bases('apps/**/*.yaml'), ['apps']);
  assert.deepEqual(bases('apps/production/api.yaml'), ['apps/production']);
  assert.deepEqual(bases('api.yaml'), ['']);
  assert.deepEqual(bases('**/*.yaml', 'apps/**'), ['']);
  assert.deepEqual(bases('apps/*/x/**', 'apps/a/b/**', 'apps-old/**', 'infra/{a,b}/**'), [
    'apps',
    'apps-old',
    'infra/a',
    'infra/b',
  ]);
  assert.deepEqual(bases('apps/a*/x.yaml', 'apps/a/x.yaml'), ['apps']);
});

const segment = fc.stringMatching(/^[ab*?]{1,4}$/u).filter((text) => !text.includes('**'));
const part = fc.oneof({ weight: 3, arbitrary: segment }, { weight: 1, arbitrary: fc.constant('**') });
const globs = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
const path = fc
  .array(fc.stringMatching(/^[ab]{1,4}$/u), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join('/'));

/** The same by a regular expression. */
function expression(glob: string): RegExp {
  const below = glob.endsWith('**') ? `${glob}/*` : glob;
  const parts = below
    .split('/')
    .map((one) => (one === '**' ? '(?:[^/]+/)*' : `${one.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}/`));
  return new RegExp(`^${parts.join('')}$`, 'u');
}

test('what matches is what a regular expression of the glob finds, and stands below a base', () => {
  let count = 0;
  fc.assert(
    fc.property(globs, path, (glob, one) => {
      const compiled = compileGlobs([glob]);
      assert.equal(compiled.matches(one), expression(glob).test(`${one}/`), `${glob} ${one}`);
      if (!compiled.matches(one)) return;
      count += 1;
      assert.ok(compiled.bases.some((base) => base === '' || one.startsWith(`${base}/`)));
    }),
    { numRuns: 3000 },
  );
  assert.ok(count > 50, `${count} matched`);
});

test('what is no glob, or leads elsewhere, is refused', () => {
  const reasons: readonly (readonly [string, string])[] = [
    ['', 'PathUnsafe'],
    ['/apps/*.yaml', 'PathUnsafe'],
    ['../apps/*.yaml', 'PathUnsafe'],
    ['apps/../../*.yaml', 'PathUnsafe'],
    ['./apps/*.yaml', 'PathUnsafe'],
    ['apps//*.yaml', 'PathUnsafe'],
    ['apps\\*.yaml', 'PathUnsafe'],
    ['apps/\n*.yaml', 'PathUnsafe'],
    ['C:/x', 'PathUnsafe'],
    ['.git/*', 'PathUnsafe'],
    ['{a,..}/x', 'PathUnsafe'],
    ['apps/{a,}/x', 'PathUnsafe'],
    ['clusters/flux-system/**', 'PathProtected'],
    ['gitferry.yaml', 'PathProtected'],
    ['.github/**/*.yaml', 'PathProtected'],
    ['apps/', 'ValueInvalid'],
    ['apps/[ab].yaml', 'ValueInvalid'],
    ['!apps/x.yaml', 'ValueInvalid'],
    ['apps/@(a|b)', 'ValueInvalid'],
    ['apps/**.yaml', 'ValueInvalid'],
    ['apps/a**/x', 'ValueInvalid'],
    ['apps/{a', 'ValueInvalid'],
    ['apps/a}', 'ValueInvalid'],
    ['apps/}a,b{', 'ValueInvalid'],
    ['apps/{name}', 'ValueInvalid'],
    ['{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}', 'ValueInvalid'],
    ['a'.repeat(1001), 'ValueInvalid'],
  ];
  for (const [glob, reason] of reasons) {
    const complaint = checkGlob(glob);
    assert.equal(complaint?.reason, reason, glob);
    assert.match(complaint?.message ?? '', /\.$/u, glob);
    assert.throws(() => compileGlobs([glob]), TypeError);
  }
  assert.equal(checkGlob('apps/**/*.{yaml,yml}'), null);
});

test('hostile globs and paths take no time', () => {
  const started = performance.now();
  const hostile = [
    '*a'.repeat(499),
    `${'**/'.repeat(332)}b`,
    `${'**/*a*a*/'.repeat(110)}b`,
    `${'*'.repeat(1)}${'?*'.repeat(499)}`,
  ];
  const paths = ['a'.repeat(4000), 'a/'.repeat(2000).slice(0, -1), `${`${'a'.repeat(200)}/`.repeat(20)}c`];
  for (const glob of hostile)
    for (const one of paths) if (checkGlob(glob) === null) assert.equal(typeof matches(glob, one), 'boolean');
  for (const glob of [
    '{a,b}'.repeat(199),
    `${'{'.repeat(500)}${','.repeat(499)}`,
    '{,'.repeat(499),
    '}'.repeat(999),
    '{a,{'.repeat(249),
  ])
    assert.notEqual(checkGlob(glob), null);
  assert.ok(performance.now() - started < 2000, `${performance.now() - started} ms`);
});
