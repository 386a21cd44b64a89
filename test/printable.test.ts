import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isPrintable, printable, printableJson } from '../shared/printable.ts';

test('what steers a terminal, turns the direction of text or can not be seen is written out', () => {
  const unseen = ['\0', '\n', '\u001b', '\u009b', '\u00ad', '\u034f', '\u061c', '\u115f', '\u200b', '\u200e', '\u200f'];
  unseen.push('\u2028', '\u202e', '\u2060', '\u2066', '\u3164', '\ufe0f', '\ufeff', '\ufff9', '\ud800', '\u{e0041}');
  for (const character of unseen) {
    const written = `\\u{${character.codePointAt(0)?.toString(16)}}`;
    assert.equal(printable(`a${character}b`), `a${written}b`);
    assert.equal(isPrintable(`a${character}b`), false, written);
  }
});

test('what can be seen stays as it is', () => {
  for (const text of ['', 'a b/c+d%2F"\\', 'ä é 例 שלום 🚢', '\ue000']) {
    assert.equal(printable(text), text);
    assert.equal(isPrintable(text), true);
  }
});

test('any text becomes printable, and then stays', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.ok(isPrintable(printable(text)));
      assert.equal(isPrintable(text), printable(text) === text);
    }),
  );
});

test('JSON of any text is printable, and still that text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = printableJson({ text });
      assert.ok(isPrintable(json));
      assert.deepEqual(JSON.parse(json), { text });
    }),
  );
});
