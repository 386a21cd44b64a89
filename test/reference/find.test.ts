import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findReferences, mayRefer } from '../../shared/reference/find.ts';
import { textOf } from '../../shared/reference/text.ts';
import { rejection } from '../artifact/rejection.ts';
import { DIGEST } from './asked.ts';

const IMAGES = new Set(['ghcr.io/acme/api', 'docker.io/library/nginx']);

function ids(text: string): readonly string[] {
  return findReferences(text, IMAGES).references.map(({ id }) => id);
}

test('a reference says where it is, what it names, and what can be set', () => {
  const text = `apiVersion: v1
kind: Pod
metadata: {name: shop, namespace: prod}
spec:
  containers:
    - name: api
      image: ghcr.io/acme/api:1.2@${DIGEST}
    - name: other
      image: ghcr.io/acme/other:1
      version: 1.0 # {"$imagepolicy": "ns:other:tag"}
`;
  assert.deepEqual(findReferences(text, IMAGES), {
    references: [
      {
        id: 'Pod/prod/shop:spec.containers[api].image',
        line: 7,
        policy: null,
        image: 'ghcr.io/acme/api',
        value: { name: 'ghcr.io/acme/api', tag: '1.2', digest: DIGEST },
        carries: ['tag', 'digest'],
      },
      {
        id: 'Pod/prod/shop:spec.containers[other].version',
        line: 10,
        policy: 'ns:other',
        image: null,
        value: { name: null, tag: '1', digest: null },
        carries: ['tag'],
      },
    ],
    problems: [],
  });
});

test('ids stay when the file is edited around them', () => {
  const [api, web] = ['- {name: api, image: ghcr.io/acme/api}', '- {name: web, image: nginx}'];
  const pod = (name: string, ...items: readonly string[]): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n  ${items.join('\n  ')}\n---\n`;
  const before = ids(pod('a', api, web) + pod('b', api));
  assert.deepEqual(before, [
    'Pod//a:spec.containers[api].image',
    'Pod//a:spec.containers[web].image',
    'Pod//b:spec.containers[api].image',
  ]);
  const after = ids(`a: b\n---\n${pod('b', '- {name: new}', api)}# more\n${pod('a', web, '- {name: x}', api)}`);
  assert.deepEqual(after.toSorted(), before);
});

test('ids are unique, whatever things are called', () => {
  assert.deepEqual(ids('image: nginx:1\n---\nimage: nginx:1\n'), ['#1:image', '#2:image']);
  const pod = 'apiVersion: v1\nkind: Pod\nimage: nginx:1\n';
  assert.deepEqual(ids(`${pod}---\n${pod}---\n${pod}`), ['Pod//:image', 'Pod//:image~2', 'Pod//:image~3']);
  assert.deepEqual(ids('- {name: a, image: "nginx:1"}\n- {name: a, image: "nginx:1"}\n- {image: "nginx:1"}\n'), [
    '#1:[0].image',
    '#1:[1].image',
    '#1:[2].image',
  ]);
  assert.deepEqual(ids('a.b: {image: nginx:1}\na: {b: {image: nginx:1}}\n"a\\nb~2": {image: nginx:1}\n'), [
    '#1:a.b.image',
    '#1:a.b.image~2',
    '#1:"a\\nb~2".image',
  ]);
});

test('an image is known by any of its names, and by no other', () => {
  for (const name of ['nginx:1', 'docker.io/nginx:1', 'index.docker.io/library/nginx:1', `nginx@${DIGEST}`]) {
    assert.equal(ids(`image: ${name}\n`).length, 1, name);
  }
  const others = [
    'acme/nginx:1',
    'quay.io/nginx:1',
    'nginx-extra:1',
    'Nginx:1',
    'nginx:1:2',
    'nginx@sha256:1',
    '""',
    '1',
  ];
  for (const name of others) assert.equal(ids(`image: ${name}\n`).length, 0, name);
  for (const text of [
    'image: [nginx:1]',
    'images: nginx:1',
    'a: nginx:1',
    '# image: nginx:1',
    'a: |\n  image: nginx:1',
  ])
    assert.equal(ids(`${text}\n`).length, 0, text);
});

test('what a reader takes for no string is told as that reader has it', () => {
  const tag = (written: string): string | null | undefined =>
    findReferences(`repository: nginx\ntag: ${written}\n`, IMAGES).references[0]?.value.tag;
  const read = { '1.10': '1.1', '0123': '83', '1e3': '1000', no: 'false', '1_000': '1000', '~': null, '0x1F': '31' };
  for (const [written, value] of Object.entries(read)) assert.equal(tag(written), value, written);
  for (const written of ['1.10.0', 'v1', 'nope', '1-2', 'latest']) assert.equal(tag(written), written);
  assert.equal(tag('"1.10"'), '1.10');
});

test('a marked value in a list or a mapping takes the whole mapping over', () => {
  const { references } = findReferences('repository: nginx\ntag: 1.0.0 # {"$imagepolicy": "a:b:tag"}\n', IMAGES);
  assert.deepEqual(
    references.map(({ id, policy }) => [id, policy]),
    [['#1:tag', 'a:b']],
  );
  const broken = findReferences('image: nginx:1 # {"$imagepolicy": "b"}\n', IMAGES);
  assert.deepEqual([broken.references, broken.problems.map(({ reason }) => reason)], [[], ['MarkerMalformed']]);
});

test('an image without a tag is a container’s; elsewhere the tag may stand apart', () => {
  const told = (text: string): readonly unknown[] => {
    const { references, problems } = findReferences(text, IMAGES);
    return [...references.map(({ id }) => id), ...problems.map(({ line, reason }) => `${line} ${reason}`)];
  };
  const object = 'apiVersion: v1\nkind: Pod\n';
  assert.deepEqual(told(`${object}containers: [{image: nginx}]\n`), ['Pod//:containers[0].image']);
  assert.deepEqual(told('extraContainers: [{image: nginx}]\n'), ['#1:extraContainers[0].image']);
  assert.deepEqual(told(`${object}image: nginx\n`), ['3 ReferenceIncomplete']);
  assert.deepEqual(told('image: nginx\n'), ['1 ReferenceIncomplete']);
  assert.deepEqual(told(`${object}image: nginx\ntag: ""\n`), ['Pod//:image']);
  assert.deepEqual(told('apiVersion: gitferry.dev/v1\nimages: [{image: "nginx"}]\n'), []);
  const patch = (path: string): readonly unknown[] => told(`- {op: replace, path: ${path}, value: nginx}\n`);
  assert.deepEqual(patch('/spec/template/spec/initContainers/0/image'), ['#1:[0].value']);
  assert.deepEqual(patch('/spec/image'), ['1 ReferenceIncomplete']);
});

test('mayRefer lets by what findReferences could find', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  for (const text of ['image: nginx', 'repository: acme/api', 'x: 1 # {"$imagepolicy": "a:b"}'])
    assert.equal(mayRefer(bytes(text), IMAGES), true, text);
  for (const text of [
    'image: quay.io/acme/web:1',
    'apiVersion: v1',
    'x: acme/api-server:1, nginx-extra, nginx/x, api.v1',
  ])
    assert.equal(mayRefer(bytes(text), IMAGES), false, text);
  for (const end of [':1', '@', '"', "'", ' ', '\n', '\r', ',', '}', ']', '\\n', '']) {
    assert.equal(mayRefer(bytes(`apiVersion: acme/api${end}`), IMAGES), true, JSON.stringify(end));
  }
  assert.equal(mayRefer(bytes('image: nginx'), new Set()), false);
  assert.equal(mayRefer(bytes(`xx image: nginx`).subarray(0, 5), IMAGES), false);
});

test('a byte order mark stays, and other encodings are refused', () => {
  assert.equal(textOf(new TextEncoder().encode('\ufeffa: 1')), '\ufeffa: 1');
  assert.throws(() => textOf(Uint8Array.of(0xff, 0xfe, 0x61, 0)), rejection('NotUtf8'));
});
