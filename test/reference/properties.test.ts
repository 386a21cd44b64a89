import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Rejected } from '../../shared/errors.ts';
import { readDocuments } from '../../shared/manifest/documents.ts';
import { maskReferences, setReferences, valueFor } from '../../shared/reference/edit.ts';
import { findReferences } from '../../shared/reference/find.ts';
import type { Reference, Value } from '../../shared/reference/reference.ts';
import { DIGEST } from './asked.ts';
import { FILE, fillings, type Hole, NAME, type Pieces, TAG, written } from './manifests.ts';

const IMAGES = new Set([NAME]);

function values(references: readonly Reference[], value: (reference: Reference) => Value): ReadonlyMap<string, Value> {
  return new Map(references.map((reference) => [reference.id, value(reference)]));
}

function holesOf(pieces: Pieces): readonly Hole[] {
  return pieces.filter((piece) => typeof piece !== 'string');
}

function textFor(hole: Hole, tag: string, digest: string | null): string {
  if (hole.form === 'tag') return tag;
  return `${NAME}:${tag}${digest === null ? '' : `@${digest}`}`;
}

/** That a text is these pieces, with the holes filled as they should be; says how each was filled. */
function assertFilled(text: string, pieces: Pieces, tag: string, digest: string | null): readonly string[] {
  let at = 0;
  const filled: string[] = [];
  for (const piece of pieces) {
    const allowed = typeof piece === 'string' ? [piece] : fillings(piece, textFor(piece, tag, digest));
    const found = allowed.find((one) => text.startsWith(one, at));
    assert.ok(found !== undefined, `${JSON.stringify(allowed)} at ${at} of ${JSON.stringify(text)}`);
    if (typeof piece !== 'string') filled.push(found);
    at += found.length;
  }
  assert.equal(at, text.length);
  return filled;
}

const DIGESTS = fc.constantFrom(null, DIGEST);

test('an edit touches only the values, whatever stands around them', () => {
  fc.assert(
    fc.property(FILE, TAG, DIGESTS, (pieces, tag, digest) => {
      const before = written(pieces);
      const { references, problems } = findReferences(before, IMAGES);
      assert.deepEqual([references.length, problems], [holesOf(pieces).length, []], JSON.stringify(before));
      const asked = values(references, (reference) => valueFor(reference, { name: NAME, tag, digest }));
      const after = setReferences(before, IMAGES, asked);
      const filled = assertFilled(after, pieces, tag, digest);
      assert.equal(maskReferences(after, IMAGES), maskReferences(before, IMAGES));
      assert.equal(setReferences(after, IMAGES, asked), after);

      const again = findReferences(after, IMAGES).references;
      assert.deepEqual(
        again.map(({ id }) => id),
        references.map(({ id }) => id),
      );
      const old = new Map(references.map(({ id, value }) => [id, value]));
      const back = setReferences(
        after,
        IMAGES,
        values(again, ({ id }) => old.get(id) as Value),
      );
      const kept = holesOf(pieces).every(({ quote }, at) => quote !== '' || !filled[at]?.startsWith('"'));
      if (kept) assert.equal(back, before);
      else assert.equal(maskReferences(back, IMAGES), maskReferences(before, IMAGES));
    }),
    { numRuns: 600 },
  );
});

test('what is parsed afterwards differs only in what was asked', () => {
  fc.assert(
    fc.property(FILE, TAG, fc.nat(), (pieces, tag, chosen) => {
      const before = written(pieces);
      const { references } = findReferences(before, IMAGES);
      const [one] = references.slice(chosen % Math.max(1, references.length));
      if (one === undefined) return;
      const asked = new Map([[one.id, valueFor(one, { name: NAME, tag, digest: null })]]);
      const after = setReferences(before, IMAGES, asked);
      // Within a block scalar the quotes of a value are part of the text.
      const parsed = (text: string): string => JSON.stringify(readDocuments(text)).replaceAll(/\\"/gu, '');
      const unquoted = (text: string): string => text.replaceAll("'v0", 'v0').replaceAll(/(v0\.0\.\d+)'/gu, '$1');
      const old = one.value.tag ?? '';
      const expected = parsed(before).replaceAll(new RegExp(`${old.replaceAll('.', '\\.')}(?!\\d)`, 'gu'), tag);
      assert.equal(unquoted(parsed(after)).replaceAll(`'${tag}'`, tag), unquoted(expected).replaceAll(`'${tag}'`, tag));
    }),
    { numRuns: 400 },
  );
});

test('any text has references that can be set, or is rejected', () => {
  const piece = fc.constantFrom(
    ...[
      'image: ',
      'ghcr.io/acme/api',
      ':1',
      ' ',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      ', ',
      '"',
      "'",
      '&a ',
      '*a',
      '<<: ',
      '|\n',
      '>-\n',
    ],
    ...[
      '# ',
      '# {"$imagepolicy": "a:b"}\n',
      '# {"$imagepolicy": "a:b:tag"}',
      'repository: ',
      'tag: ',
      'digest: ',
      ': ',
      '---\n',
    ],
    ...[
      '\r\n',
      '\t',
      '? ',
      '!!str ',
      'images:\n',
      'name: ',
      'newTag: ',
      'helm:\n',
      'values: ',
      'kind: Pod\n',
      'apiVersion: v1\n',
      '~',
    ],
  );
  const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(12), piece), { minLength: 1, maxLength: 4 });
  const damaged = fc.tuple(FILE, damage).map(([pieces, cuts]) => {
    let text = written(pieces);
    for (const [at, length, put] of cuts) text = text.slice(0, at) + put + text.slice(at + length);
    return text;
  });
  const fragments = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
  let edited = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: damaged }, fragments), TAG, (text, tag) => {
      try {
        const { references } = findReferences(text, IMAGES);
        const target = { name: NAME, tag, digest: DIGEST };
        const asked = values(references, (reference) => valueFor(reference, target));
        const after = setReferences(text, IMAGES, asked);
        assert.equal(maskReferences(after, IMAGES), maskReferences(text, IMAGES));
        if (after !== text) edited += 1;
      } catch (error) {
        assert.ok(error instanceof Rejected, String(error));
        if (error.reason === 'ReferenceUnwritable') refused += 1;
      }
    }),
    { numRuns: 3000 },
  );
  // What would not stay the same around an edit is found before it is made, and should not be there at all.
  assert.ok(edited > 200 && refused < 10, `${edited} were edited, ${refused} refused`);
});
