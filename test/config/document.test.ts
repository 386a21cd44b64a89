import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConfig } from '../../shared/config/parse.ts';
import { Rejected } from '../../shared/errors.ts';
import { cpuTime } from '../cost.ts';
import { faultsOf } from './faults.ts';

const first = (file: string | Uint8Array): string => {
  const [fault] = faultsOf(file);
  return `${fault?.line}:${fault?.column} ${fault?.reason}`;
};

test('what is no YAML, no UTF-8 or too large is refused', () => {
  assert.equal(first('mirrors: [\n'), '2:1 YamlInvalid');
  assert.equal(first(Buffer.from('commit: \xff', 'latin1')), '1:1 NotUtf8');
  assert.equal(first(Buffer.alloc(1024 * 1024 + 1, '#')), '1:1 FileTooLarge');
  assert.equal(first('mirrors: []\n---\nmirrors: []\n'), '2:1 YamlInvalid');
});

test('a key twice is refused, wherever it stands', () => {
  assert.equal(first('mirrors: []\ncommit: {}\nmirrors: []\n'), '3:1 KeyTwice');
  assert.equal(first('mirrors:\n  - bucket: a\n    files: b\n    bucket: c\n'), '4:5 KeyTwice');
});

test('a key twice hides no other fault; what stands behind broken YAML is not guessed at', () => {
  const twice = 'mirrors:\n  - bucket: acme\n    files: b\n    files: [c]\n  - {bucket: other, files: d, colour: x}\n';
  assert.deepEqual(
    faultsOf(twice).map(({ line, column, reason }) => `${line}:${column} ${reason}`),
    ['4:5 KeyTwice', '4:12 TypeWrong', '5:31 KeyUnknown'],
  );
  assert.deepEqual(
    faultsOf('mirrors:\n  - bucket: acme\n   files: apps\n').map(({ reason }) => reason),
    ['YamlInvalid'],
  );
});

test('unknown tags, unresolved aliases and keys that are no words are refused', () => {
  assert.equal(first('commit: !!js/function x\n'), '1:9 YamlInvalid');
  assert.equal(first('commit: !secret {}\n'), '1:9 YamlInvalid');
  assert.equal(first('commit: *nowhere\n'), '1:9 YamlInvalid');
  assert.equal(first('? [mirrors]\n: []\n'), '1:3 KeyInvalid');
  assert.equal(first('? &a mirrors\n: []\n*a : []\n'), '3:1 KeyInvalid');
});

test('__proto__ is an unknown key and pollutes nothing', () => {
  assert.equal(first('__proto__: {polluted: true}\n'), '1:1 KeyUnknown');
  assert.equal(first('commit: {author: "a <b@c>", __proto__: {mode: x}}\n'), '1:29 KeyUnknown');
  assert.equal(first('<<: {mirrors: []}\n'), '1:1 KeyUnknown');
  assert.equal(({} as { polluted?: true }).polluted, undefined);
});

test('bombs are refused fast, and by their name', () => {
  const level = (index: number): string =>
    `a${index}: &a${index} [${Array(9)
      .fill(`*a${index - 1}`)
      .join(', ')}]\n`;
  const bombs = {
    aliases: `a0: &a0 [x]\n${Array.from({ length: 9 }, (_, index) => level(index + 1)).join('')}`,
    brackets: '['.repeat(20_000),
    braces: '{a: '.repeat(20_000),
    dashes: '- '.repeat(100_000),
    keys: Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join('\n'),
    mirrors: `mirrors: [${'{bucket: abc, files: .}, '.repeat(20_000)}]`,
  };
  assert.equal(first(bombs.aliases), '1:1 YamlInvalid');
  assert.equal(first(`a: &a 1\nb: [${'*a, '.repeat(101)}]`), '2:405 YamlInvalid');
  for (const [name, bomb] of Object.entries(bombs)) {
    const cost = cpuTime(() => assert.ok(faultsOf(bomb).length <= 100, name));
    assert.ok(cost < 5000, `${name}: ${cost} ms`);
  }
});

test('any bytes are a configuration, or rejected', () => {
  const readsOrRejects = (bytes: Uint8Array): void => {
    try {
      parseConfig(bytes);
    } catch (error) {
      assert.ok(error instanceof Rejected && error.reason === 'ConfigInvalid', String(error));
    }
  };
  const words = fc.constantFrom(
    'mirrors:',
    '\n',
    '  ',
    '- ',
    'bucket: ',
    'acme',
    '[',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '"',
    '|',
    '!x ',
    '? ',
    ': ',
    '#',
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readsOrRejects));
  fc.assert(fc.property(fc.array(words, { maxLength: 40 }), (parts) => readsOrRejects(Buffer.from(parts.join('')))));
  fc.assert(fc.property(fc.json(), (json) => readsOrRejects(Buffer.from(json))));
});
