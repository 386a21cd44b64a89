import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskReferences, renderValue, sameValue, setReferences, valueFor } from '../../shared/reference/edit.ts';
import { findReferences } from '../../shared/reference/find.ts';
import type { Reference, Value } from '../../shared/reference/reference.ts';
import { rejection } from '../artifact/rejection.ts';
import { DIGEST, OTHER_DIGEST } from './asked.ts';

const IMAGES = new Set(['docker.io/library/nginx']);
const TARGET = { name: 'nginx', tag: '2.0', digest: DIGEST };

function only(text: string): Reference {
  const { references } = findReferences(text, IMAGES);
  assert.equal(references.length, 1, text);
  return references[0] as Reference;
}

function set(text: string, value: Partial<Value>): string {
  const { id, value: present } = only(text);
  return setReferences(text, IMAGES, new Map([[id, { ...present, ...value }]]));
}

test('valueFor sets what the reference carries, and nothing else', () => {
  const wanted = (text: string, target = TARGET): string => renderValue(valueFor(only(text), target));
  assert.equal(wanted('image: docker.io/nginx:1\n'), `docker.io/nginx:2.0@${DIGEST}`);
  assert.equal(wanted('{repository: nginx, tag: 1}'), 'nginx:2.0');
  assert.equal(wanted('{repository: nginx, tag: 1, digest: ""}'), `nginx:2.0@${DIGEST}`);
  assert.equal(wanted(`{repository: nginx, tag: 1.0@${OTHER_DIGEST}}`), `nginx:2.0@${DIGEST}`);
  assert.equal(wanted('x: old:1 # {"$imagepolicy": "a:b"}'), `nginx:2.0@${DIGEST}`);
  assert.equal(wanted('x: old # {"$imagepolicy": "a:b:name"}'), 'nginx');
  assert.equal(wanted('x: old # {"$imagepolicy": "a:b:tag"}'), '2.0');
  assert.equal(wanted('x: old # {"$imagepolicy": "a:b:digest"}'), `@${DIGEST}`.slice(1));
});

test('without a digest the tag stands alone, and what is named by its digest alone keeps it', () => {
  const target = { ...TARGET, digest: null };
  const after = (text: string): string =>
    setReferences(text, IMAGES, new Map([[only(text).id, valueFor(only(text), target as never)]]));
  assert.equal(after(`image: nginx:1@${DIGEST}\n`), 'image: nginx:2.0\n');
  assert.equal(after(`{repository: nginx, tag: 1, digest: ${DIGEST}}`), '{repository: nginx, tag: "2.0", digest: ""}');
  assert.equal(after(`{repository: nginx, digest: ${DIGEST}}`), `{repository: nginx, digest: ${DIGEST}}`);
  assert.equal(after(`x: ${DIGEST} # {"$imagepolicy": "a:b:digest"}`), 'x: "" # {"$imagepolicy": "a:b:digest"}');
});

test('a value that is there already changes nothing', () => {
  const text = '\ufeffimage:   nginx:1   # odd\r\n';
  assert.equal(set(text, {}), text);
  assert.equal(setReferences(text, IMAGES, new Map()), text);
});

test('values are equal by their parts', () => {
  const value = { name: 'a', tag: '1', digest: null };
  assert.ok(sameValue(value, { ...value }));
  for (const other of [{ name: 'b' }, { tag: null }, { digest: DIGEST }]) {
    assert.ok(!sameValue(value, { ...value, ...other }));
  }
  assert.equal(renderValue({ name: null, tag: '1', digest: DIGEST }), `1@${DIGEST}`);
  assert.equal(renderValue({ name: null, tag: null, digest: null }), '');
});

test('an unknown reference is refused', () => {
  const values = new Map([['Pod//x:image', { name: 'nginx', tag: '1', digest: null }]]);
  assert.throws(() => setReferences('image: nginx:1\n', IMAGES, values), rejection('ReferenceMissing'));
});

test('what would change more than its own value is refused', () => {
  const unwritable = rejection('ReferenceUnwritable');
  for (const tag of ['1\n2', '1 # x', '"', '1, b: 2', '\u202e', 'a b']) {
    assert.throws(() => set('image: nginx:1\n', { tag }), unwritable, JSON.stringify(tag));
  }
  assert.throws(() => set('{repository: nginx, tag: !!int 1}', { tag: '2' }), unwritable);
  assert.throws(() => set('repository: nginx\ntag: |\n  1\n', { tag: '' }), unwritable);
  const shared = 'a: {repository: nginx, tag: &t v1, digest: ""}\nb: {repository: nginx, tag: *t, digest: ""}\n';
  const values = findReferences(shared, IMAGES).references.map(
    ({ id, value }, at) => [id, { ...value, tag: `v${at + 2}` }] as const,
  );
  assert.throws(() => setReferences(shared, IMAGES, new Map(values)), unwritable);
});

test('a free word that a marked value held can be put back', () => {
  const text = 'x: nginx:2 # {"$imagepolicy": "a:b"}\n';
  assert.equal(set(text, { name: 'to be: filled in', tag: null }), 'x: "to be: filled in" # {"$imagepolicy": "a:b"}\n');
  assert.equal(
    set('x: \'n\' # {"$imagepolicy": "a:b:tag"}\n', { tag: "it's" }),
    'x: \'it\'\'s\' # {"$imagepolicy": "a:b:tag"}\n',
  );
});

test('a mask hides what policies may edit, and nothing else', () => {
  const mask = (text: string): string => maskReferences(text, IMAGES);
  const base = mask('image: nginx:1\n');
  for (const same of [`image: nginx:2@${DIGEST}`, 'image: "nginx:1.10"', "image: 'nginx:no'"]) {
    assert.equal(mask(`${same}\n`), base, same);
  }
  for (const other of ['image: docker.io/nginx:1', 'image: nginx-other:1', 'image:  nginx:1', 'image: nginx:1 # x']) {
    assert.notEqual(mask(`${other}\n`), base, other);
  }
  const pod = 'apiVersion: v1\nkind: Pod\ncontainers:\n- image: nginx';
  assert.equal(mask(pod), mask(`${pod}:1@${DIGEST}`));
  assert.equal(mask('{repository: nginx, tag: }'), mask('{repository: nginx, tag: "1.0" }'));
  assert.notEqual(mask('{repository: nginx, tag: 1}'), mask('{repository: nginx, tag: 1, digest: ""}'));
  assert.equal(mask('a: b # {"$imagepolicy": "a:b"}'), mask('a: c:1 # {"$imagepolicy": "a:b"}'));
});
