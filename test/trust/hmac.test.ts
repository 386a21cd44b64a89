import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { test } from 'node:test';

/** What was compared, each time by the lengths of both sides. */
const compared: (readonly [number, number])[] = [];
const { timingSafeEqual } = crypto;
crypto.timingSafeEqual = (one, other) => {
  compared.push([one.byteLength, other.byteLength]);
  return timingSafeEqual(one, other);
};
syncBuiltinESMExports();
const { isOneOf, signatureOf } = await import('../../shared/trust/hmac.ts');

test('signatures are those of RFC 4231 and of GitHub’s page on validating deliveries', () => {
  assert.equal(
    signatureOf('Jefe', Buffer.from('what do ya want for nothing?')),
    'sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
  assert.equal(
    signatureOf("It's a Secret to Everybody", Buffer.from('Hello, World!')),
    'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  );
});

test('fault 14: each secret is compared whole, whatever the lengths and whichever was right before', () => {
  const secrets = ['first-secret-of-two', 'second'];
  for (const [text, right] of [
    ['first-secret-of-two', true],
    ['second', true],
    ['first-secret-of-tw', false],
    ['first-secret-of-two ', false],
    ['', false],
    ['s', false],
    ['x'.repeat(100_000), false],
  ] as const) {
    compared.length = 0;
    assert.equal(isOneOf(text, secrets), right, text.slice(0, 30));
    assert.deepEqual(compared, [
      [32, 32],
      [32, 32],
    ]);
  }
});

test('nothing is one of no secrets', () => {
  assert.equal(isOneOf('', []), false);
});
