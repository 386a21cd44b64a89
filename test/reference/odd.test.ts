import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findReferences } from '../../shared/reference/find.ts';
import { isPlainString } from '../../shared/reference/plain.ts';
import { answer, DIGEST, imagesOf, OTHER_DIGEST } from './asked.ts';

const ASKED = { policies: { 'a:b': 'nginx:2.0.0' }, images: ['nginx:2.0.0'] };

/** What becomes of a text, and what is told. */
const cases: Readonly<Record<string, readonly [before: string, after: string, ...problems: readonly string[]]>> = {
  'a tag with a digest beside a key for it': [
    `{repository: nginx, tag: v1@${OTHER_DIGEST}, digest: ""}`,
    '{repository: nginx, tag: 2.0.0, digest: ""}',
  ],
  'the word in a block’s comment': ['image: | # nginx:1\n  nginx:1\n', 'image: | # nginx:1\n  nginx:2.0.0\n'],
  'a marker above an item with a comment of its own': [
    '# {"$imagepolicy": "a:b:tag"}\n- v1 # mine\n',
    '# {"$imagepolicy": "a:b:tag"}\n- v1 # mine\n',
    '1 MarkerMisplaced',
  ],
  'a marker above an item that is a mapping': [
    '# {"$imagepolicy": "a:b:tag"}\n- a: v1\n',
    '# {"$imagepolicy": "a:b:tag"}\n- a: v1\n',
    '1 MarkerMisplaced',
  ],
  'a marker behind a list mark': [
    '- # {"$imagepolicy": "a:b:tag"}\n  v1\n',
    '- # {"$imagepolicy": "a:b:tag"}\n  2.0.0\n',
  ],
  'a marker with more than strings': [
    'x: v1 # {"$imagepolicy": "a:b:tag", "y": 1}\n',
    'x: v1 # {"$imagepolicy": "a:b:tag", "y": 1}\n',
    '1 MarkerMalformed',
  ],
  'a marker with another string': [
    'x: v1 # {"$imagepolicy": "a:b:tag", "y": "1"}\n',
    'x: 2.0.0 # {"$imagepolicy": "a:b:tag", "y": "1"}\n',
  ],
  'a marker at what a template engine fills in': [
    'x: "{{ .x }}" # {"$imagepolicy": "a:b:tag"}\n',
    'x: "{{ .x }}" # {"$imagepolicy": "a:b:tag"}\n',
    '1 MarkerMisplaced',
  ],
  'a marker at a value of several lines': [
    'x: |\n  a\n  b\ny: | # {"$imagepolicy": "a:b:tag"}\n  a\n  b\n',
    'x: |\n  a\n  b\ny: | # {"$imagepolicy": "a:b:tag"}\n  a\n  b\n',
    '4 MarkerMisplaced',
  ],
  'a marker at the name that an entry is called by': [
    'images:\n- name: old # {"$imagepolicy": "a:b:name"}\n  newTag: v1 # {"$imagepolicy": "a:b:tag"}\n',
    'images:\n- name: nginx # {"$imagepolicy": "a:b:name"}\n  newTag: 2.0.0 # {"$imagepolicy": "a:b:tag"}\n',
  ],
  'a marker behind a document’s start': [
    '--- v1 # {"$imagepolicy": "a:b:tag"}\n--- # {"$imagepolicy": "a:b:tag"}\n',
    '--- 2.0.0 # {"$imagepolicy": "a:b:tag"}\n--- # {"$imagepolicy": "a:b:tag"}\n',
    '2 MarkerMisplaced',
  ],
  'values in an object without a tag': [
    'apiVersion: v2\nkind: HelmRelease\nspec: {values: {image: {repository: nginx}}, chart: {repository: nginx}}\n',
    'apiVersion: v2\nkind: HelmRelease\nspec: {values: {image: {repository: nginx}}, chart: {repository: nginx}}\n',
    '3 ReferenceIncomplete',
  ],
  'the first of several merged mappings counts': [
    'a: &a {tag: v1}\nb: &b {tag: v2}\nc: {<<: [*a, *b], repository: nginx}\n',
    'a: &a {tag: 2.0.0}\nb: &b {tag: v2}\nc: {<<: [*a, *b], repository: nginx}\n',
  ],
  'the last anchor of a name counts': [
    'a: &t v1\nb: &t v2\nc: {repository: nginx, tag: *t}\nd: &t v3\n',
    'a: &t v1\nb: &t 2.0.0\nc: {repository: nginx, tag: *t}\nd: &t v3\n',
  ],
  'an anchor that marked and unmarked fields share': [
    'a: &t v1 # {"$imagepolicy": "a:b:tag"}\nb: {repository: nginx, tag: *t}\n',
    'a: &t 2.0.0 # {"$imagepolicy": "a:b:tag"}\nb: {repository: nginx, tag: *t}\n',
  ],
  'a digest that nobody asked for': [
    `image: nginx@${DIGEST}\nx: {repository: nginx, tag: v1, digest: ${DIGEST}}\n`,
    'image: nginx:2.0.0\nx: {repository: nginx, tag: 2.0.0, digest: ""}\n',
  ],
  'an empty file': ['', ''],
  'a file of comments': ['# image: nginx:1\r\n', '# image: nginx:1\r\n'],
};
for (const [what, [before, after, ...problems]] of Object.entries(cases)) {
  test(what, () => assert.deepEqual(answer(before, ASKED), { text: after, problems }));
}

test('what says the same already is not written again, nor quoted', () => {
  const asked = { policies: {}, images: ['nginx:2'] };
  for (const text of ['{repository: nginx, tag: 2}', 'image: nginx:2\n']) assert.equal(answer(text, asked).text, text);
});

test('one scalar is one reference, whatever number of aliases there are', () => {
  const text = 'x: &x {repository: nginx, tag: v1}\ny: *x\nz: {<<: *x, w: 1}\nv: {<<: [*x], registry: docker.io}\n';
  assert.equal(answer(text, ASKED).text, text.replace('v1', '2.0.0'));
  assert.deepEqual(
    findReferences(text, imagesOf(ASKED)).references.map(({ id }) => id),
    ['#1:x'],
  );
});

test('words are plain where every reader takes them for strings', () => {
  for (const word of [
    'v1',
    '1.2.3',
    'latest',
    'a-b_c',
    '1.2.3-rc.1',
    'main-1a2b3c',
    '2024-01-02-build',
    'nope',
    'a:b',
    'a@b',
  ])
    assert.ok(isPlainString(word), word);
  const misread = [
    '',
    '1',
    '1.0',
    '1.',
    '.5',
    '1e3',
    '12e4567',
    '0123',
    '0o17',
    '0x1f',
    '0b1',
    '1_000',
    '-1',
    '+1',
    '12:30',
  ];
  const words = [
    '~',
    'null',
    'NULL',
    'true',
    'False',
    'yes',
    'NO',
    'on',
    'Off',
    'y',
    'N',
    '.inf',
    '-.INF',
    '.NaN',
    '2024-01-02',
  ];
  const unsafe = [
    'a: b',
    'a #b',
    '-',
    '- a',
    '?',
    '[a]',
    '{a}',
    'a,b',
    '*a',
    '&a',
    '!a',
    '|',
    '%a',
    '@a',
    '`a',
    'a:',
    "'a",
    '"a',
  ];
  for (const word of [...misread, ...words, ...unsafe]) assert.ok(!isPlainString(word), word);
});
