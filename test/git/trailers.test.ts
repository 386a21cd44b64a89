import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTrailer, renderMessage } from '../../shared/git/trailers.ts';

test('fault 37: whatever the texts hold, a message has its own lines and no others', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a\nReal: forged', 'a\r\n\r\nReal: forged', '\u2028Real: x'),
  );
  fc.assert(
    fc.property(text, fc.array(text), text, (subject, body, value) => {
      const message = renderMessage(subject, body, [
        ['Other', value],
        ['Real', 'true'],
      ]);
      assert.deepEqual(readTrailer(message, 'Real'), ['true']);
      const lines = 1 + (body.length === 0 ? 0 : body.length + 1) + 3;
      assert.equal(message.split(/\r\n|[\n\r\u0085\u2028\u2029]/u).length, lines + 1);
    }),
  );
});

test('fault 37: what a reader could not see is written out in subject and body', () => {
  const message = renderMessage('Release a\u200bb', ['from \u202eton.yaml'], [['Source', 'x']]);
  assert.equal(message, 'Release a\\u{200b}b\n\nfrom \\u{202e}ton.yaml\n\nSource: x\n');
});

test('trailers are read from the last paragraph only', () => {
  const message = renderMessage(
    'Subject',
    ['Real: in the body'],
    [
      ['Real', 'one'],
      ['Real', 'two'],
    ],
  );
  assert.deepEqual(readTrailer(message, 'Real'), ['one', 'two']);
  assert.deepEqual(readTrailer('Real: subject', 'Other'), []);
});
