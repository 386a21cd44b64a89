import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Rejected } from '../../shared/errors.ts';
import { readDocuments } from '../../shared/manifest/documents.ts';
import { rejection } from '../artifact/rejection.ts';
import { assertLinear, cpuTime } from '../cost.ts';

function repeat(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('');
}

describe('readDocuments', () => {
  it('reads all documents, flow style, JSON, anchors, merge keys, block scalars', () => {
    assert.deepEqual(readDocuments('a: 1\n---\n{"b": [2]}\n---\nc: |\n  [[[\n'), [
      { a: 1 },
      { b: [2] },
      { c: '[[[\n' },
    ]);
    assert.deepEqual(readDocuments('a: &a {x: 1}\nb: {<<: *a, y: 2}\n'), [{ a: { x: 1 }, b: { x: 1, y: 2 } }]);
    assert.deepEqual(readDocuments('\ufeffa: 1\r\nb: "2"\r\n'), [{ a: 1, b: '2' }]);
    assert.deepEqual(readDocuments(''), []);
  });

  const invalid: Readonly<Record<string, readonly [text: string, line: number, column: number]>> = {
    'a duplicate key': ['a: 1\nb: {c: 1,\n  c: 2}\n', 3, 3],
    'an unknown tag': ['a: !Ref x\n', 1, 4],
    'a tag of binary data, which could spell a key': ['? !!binary a2luZA==\n: Role\n', 1, 3],
    'an alias without an anchor': ['a: *b\n', 1, 4],
    'a key that is no text': ['[a, b]: c\n', 1, 1],
    'a missing bracket': ['a: [1\nb: 2\n', 2, 1],
    'a tab for an indent': ['a:\n\tb: 1\n', 2, 1],
    'an alias of what holds it': ['a: &a [*a]\n', 1, 8],
    'a second JSON value': ['{"a": 1}{"b": 2}', 1, 1],
    'a line separator of Unicode': ['a: 1\n# \u2028kind: Role\n', 2, 3],
    'a next-line character': ['# \u0085kind: Role\n', 1, 3],
    'a carriage return that ends no line here': ['a: 1\r\n# \rkind: Role\r\n', 2, 3],
  };
  for (const [what, [text, line, column]] of Object.entries(invalid)) {
    it(`fault 29: rejects ${what}, with its place`, () => {
      assert.throws(
        () => readDocuments(text),
        (error: unknown) => {
          assert.ok(error instanceof Rejected);
          assert.deepEqual([error.facts.line, error.facts.column], [line, column], error.message);
          return rejection('YamlInvalid')(error);
        },
      );
    });
  }

  const bomb = `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${repeat(11, (at) => `a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]\n`)}`;
  const costly: Readonly<Record<string, string>> = {
    'an alias bomb': bomb,
    '20,000 brackets': '['.repeat(20_000),
    '20,000 braces, closed': `${'{a: '.repeat(20_000)}${'}'.repeat(20_000)}`,
    'a million closing brackets': ']'.repeat(1_000_000),
    '20,000 list marks': `${'- '.repeat(20_000)}x`,
    '2,000 explicit keys': `${'? '.repeat(2000)}x`,
    '2,000 explicit keys on lines': repeat(2000, (at) => `${' '.repeat(at)}?\n`),
    '2,000 indents': repeat(2000, (at) => `${' '.repeat(at)}a:\n`),
    '30,000 anchors': repeat(30_000, (at) => `k${at}: &a${at} 1\nl${at}: *a${at}\n`),
    '30,000 aliases': `a: &a 1\nb: [${'*a,'.repeat(30_000)}]\n`,
    '30,000 tags': '!a '.repeat(30_000),
    'five million characters': `# ${'x'.repeat(5_000_000)}\n`,
    '100,000 errors': ': '.repeat(100_000),
  };
  for (const [what, text] of Object.entries(costly)) {
    it(`fault 28: rejects ${what} fast`, () => {
      const cost = cpuTime(() =>
        assert.throws(
          () => readDocuments(text),
          (error: unknown) => {
            assert.ok(error instanceof Rejected, String(error));
            return /^Yaml/u.test(error.reason);
          },
        ),
      );
      assert.ok(cost < 3000, `${cost} ms`);
    });
  }

  it('reads many keys in time linear in their number', () => {
    assertLinear((count) => {
      assert.equal(Object.keys(readDocuments(repeat(count, (at) => `k${at}: 1\n`))[0] as object).length, count);
    }, 40_000);
  });

  it('gives values or a Rejected for any text', () => {
    const piece = fc.constantFrom(
      ...'?:-[]{}&*!|>"\'#%,\n\t ~a1',
      '--- ',
      '...',
      '<<: ',
      '&a ',
      '*a',
      '!!str ',
      '\r',
      '\0',
      'x: ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
        ),
        (text) => {
          try {
            readDocuments(text);
          } catch (error) {
            assert.ok(error instanceof Rejected, String(error));
          }
        },
      ),
      { numRuns: 700 },
    );
  });
});
