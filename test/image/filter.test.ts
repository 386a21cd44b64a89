import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { compileFilter, type Extract, type FilterFault } from '../../shared/image/filter.ts';

function compiled(pattern: string, extract: string | null): Extract {
  const result = compileFilter({ pattern, extract });
  assert.ok(typeof result === 'function', JSON.stringify(result));
  return result;
}

function fault(pattern: string, extract: string | null = null): FilterFault {
  const result = compileFilter({ pattern, extract });
  assert.ok(typeof result === 'object', pattern);
  return result;
}

test('patterns and templates are read as Go reads them', async () => {
  const cases: readonly [string, string, string, readonly string[] | 'invalid' | null][] = JSON.parse(
    await readFile(new URL('../fixtures/go/regexp.json', import.meta.url), 'utf8'),
  );
  assert.ok(cases.length > 50);
  for (const [pattern, template, text, expected] of cases) {
    const shown = `${pattern} ${template} ${text}`;
    if (expected === 'invalid') assert.equal(fault(pattern, template).key, 'pattern', shown);
    else assert.equal(compiled(pattern, template)(text), expected === null ? null : expected[0], shown);
  }
});

test('without a template a tag that matches is taken as it is', () => {
  assert.equal(compiled('^v', null)('v1'), 'v1');
  assert.equal(compiled('^v', null)('1v'), null);
});

test('a group that took part in no match is empty', () => {
  assert.equal(compiled('a(b)?', '[$1]')('a'), '[]');
});

test('a template that names no group of its pattern is told', () => {
  for (const [template, name] of [
    ['$ts', 'ts'],
    ['$2', '2'],
    ['$1x', '1x'],
    ['$01', '01'],
    ['$toString', 'toString'],
  ] as const)
    assert.deepEqual(fault('(a)', template), {
      key: 'extract',
      message: `names the group "${name}", and the pattern has none of that name.`,
    });
  assert.equal(compiled('(a)', ['$', '{1}x'].join(''))('a'), 'ax');
});

test('what is no pattern is told in words', () => {
  assert.deepEqual(fault('(?=a)'), {
    key: 'pattern',
    message: 'is no regular expression in RE2’s syntax: invalid or unsupported Perl syntax: `(?=`.',
  });
});

test('patterns that a backtracking engine never ends on take no time', () => {
  const started = performance.now();
  const text = `${'a'.repeat(127)}!`;
  for (const pattern of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(x+x+)+y', '^(.*a){12}$', '^(([a-z])+.)+[A-Z]([a-z])+$'])
    for (let count = 0; count < 100; count += 1) assert.equal(compiled(pattern, '$0')(text), null, pattern);
  assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
});

test('a pattern that stands for a very large one is refused', () => {
  for (const pattern of ['(.{0,99}){0,9}', '(?:a?){999}(?:b?){999}', '((a{9}){9}){20}'])
    assert.match(fault(pattern).message, /too large|invalid repeat count/u, pattern);
  assert.equal(compiled('^[a-f0-9]{40}$', null)('0'.repeat(40)), '0'.repeat(40));
});
