import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareDecimals, parseDecimal } from '../../shared/image/decimal.ts';

const order = (a: string, b: string): number => Math.sign(compareDecimals(parseDecimal(a)!, parseDecimal(b)!));

test('numbers are what Go takes for one', async () => {
  const numbers: Readonly<Record<string, boolean>> = JSON.parse(
    await readFile(new URL('../fixtures/go/numbers.json', import.meta.url), 'utf8'),
  );
  for (const [text, isNumber] of Object.entries(numbers))
    assert.equal(parseDecimal(text) !== null, isNumber, JSON.stringify(text));
});

test('words and other bases that Go takes for numbers are none', () => {
  for (const text of ['inf', 'Infinity', 'NaN', '0x1p-2', '0x_1p4']) assert.equal(parseDecimal(text), null);
});

test('numbers are compared exactly, whatever their length and spelling', () => {
  const ascending = ['-1e3', '-999.5', '-0.001', '0', '1e-400', '0.001', '.5', '1', '1.0000000000000000000001', '12'];
  ascending.push('1e3', '9007199254740992', '9007199254740993', '20240131120000123456788', '20240131120000123456789');
  for (const [index, a] of ascending.entries())
    for (const [other, b] of ascending.entries()) assert.equal(order(a, b), Math.sign(index - other), `${a} ${b}`);
  for (const [a, b] of [
    ['007', '7'],
    ['-0', '0.00'],
    ['1e3', '1000'],
    ['1.50', '01.5e0'],
    ['0.01e2', '1'],
  ] as const)
    assert.equal(order(a, b), 0, `${a} ${b}`);
});

test('integers and fractions of any length stand in the order of exact arithmetic', () => {
  const scaled = fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat({ max: 6 }));
  const write = ([units, places]: [bigint, number]): string => {
    const digits = String(units < 0n ? -units : units).padStart(places + 1, '0');
    const [whole, fraction] = [digits.slice(0, digits.length - places), digits.slice(digits.length - places)];
    return `${units < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${fraction}`}`;
  };
  const exact = ([units, places]: [bigint, number]): bigint => units * 10n ** BigInt(6 - places);
  fc.assert(
    fc.property(scaled, scaled, (a, b) => {
      const expected = exact(a) < exact(b) ? -1 : exact(a) > exact(b) ? 1 : 0;
      assert.equal(order(write(a), write(b)), expected);
    }),
  );
});

test('hostile numbers are read in no time', () => {
  const started = performance.now();
  for (const text of [
    '0'.repeat(100_000),
    `1${'0'.repeat(100_000)}1`,
    `0.${'0'.repeat(100_000)}1`,
    `1e-${'9'.repeat(999)}`,
  ])
    parseDecimal(text);
  assert.ok(performance.now() - started < 1000);
});
