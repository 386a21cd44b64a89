import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Fault } from '../../shared/config/fault.ts';
import { type ReleaseFile, readReleaseFile } from '../../shared/config/release-file.ts';
import { Rejected } from '../../shared/errors.ts';

const head = 'apiVersion: gitferry.dev/v1\nkind: Release\n';
const hex = 'a'.repeat(64);
const digest = `sha256:${'0'.repeat(64)}`;
const read = (text: string | Uint8Array): ReleaseFile =>
  readReleaseFile(typeof text === 'string' ? Buffer.from(text) : text, 'acme-releases');

function rejected(text: string | Uint8Array): Rejected {
  try {
    read(text);
  } catch (error) {
    assert.ok(error instanceof Rejected && error.reason === 'ReleaseFileInvalid', String(error));
    return error;
  }
  throw new Error('The file has no faults.');
}

function faults(text: string): string[] {
  const found = rejected(text).facts.faults as readonly Fault[];
  for (const { message } of found) assert.match(message, /^\S.*[^.][.?]$/u);
  return found.map(({ line, column, path, reason }) => `${line}:${column} ${path} ${reason}`.replace('  ', ' '));
}

test('objects and images, as CI writes them', () => {
  assert.deepEqual(
    read(`${head}objects:
  - key: charts/podinfo-6.14.1.tgz
    sha256: ${hex}
  - { bucket: acme-config, key: config/production/api.yaml, sha256: ${'b'.repeat(64)} }
images:
  - image: quay.io/acme/api:1.2.0
    digest: ${digest}
  - image: nginx:1.27.0@${digest}
  - { image: localhost:5000/api, tag: '7', digest: '${digest}' }
`),
    {
      objects: [
        { bucket: 'acme-releases', key: 'charts/podinfo-6.14.1.tgz', digest: `sha256:${hex}` },
        { bucket: 'acme-config', key: 'config/production/api.yaml', digest: `sha256:${'b'.repeat(64)}` },
      ],
      images: [
        { image: 'quay.io/acme/api', tag: '1.2.0', digest },
        { image: 'docker.io/library/nginx', tag: '1.27.0', digest },
        { image: 'localhost:5000/api', tag: '7', digest },
      ],
    },
  );
});

test('one kind of members is enough, and JSON is YAML', () => {
  const object = { apiVersion: 'gitferry.dev/v1', kind: 'Release', objects: [{ key: 'a', sha256: hex }] };
  assert.equal(read(JSON.stringify(object)).objects.length, 1);
  assert.equal(read(`${head}images: [{image: 'a:1', digest: '${digest}'}]`).images.length, 1);
});

test('a file that names nothing is refused', () => {
  for (const text of ['', 'objects: []\n', 'images: []\nobjects: []\n'])
    assert.deepEqual(faults(`${head}${text}`).at(0)?.split(' ').at(-1), 'ValueInvalid');
  assert.deepEqual(faults(''), ['1:1 apiVersion ValueInvalid', '1:1 kind ValueInvalid', '1:1 ValueInvalid']);
});

test('all faults at once, each with its place', () => {
  const text = `apiVersion: gitferry.dev/v2
kind: Deployment
objects:
  - key: a/
    sha256: ${hex.toUpperCase()}
    size: 7
  - key: "a\\u202eb"
  - bucket: No
    key: b
    sha256: ${hex}
images:
  - image: quay.io/acme/api
  - image: quay.io/acme/api:1
    tag: '1'
    digest: ${digest}
  - image: quay.io/acme/b:1@${digest}
    digest: latest
  - image: https://quay.io/acme/api:1
    tag: a b
    digest: sha1:00
checks: true
`;
  assert.deepEqual(faults(text), [
    '1:13 apiVersion ValueInvalid',
    '2:7 kind ValueInvalid',
    '4:10 objects[0].key ValueInvalid',
    '5:13 objects[0].sha256 ValueInvalid',
    '6:5 objects[0].size KeyUnknown',
    '7:5 objects[1].sha256 KeyMissing',
    '7:10 objects[1].key ValueInvalid',
    '8:13 objects[2].bucket ValueInvalid',
    '12:5 images[0] KeyMissing',
    '12:5 images[0] KeyMissing',
    '14:5 images[1].tag KeyContradicts',
    '17:5 images[2].digest KeyContradicts',
    '17:13 images[2].digest ValueInvalid',
    '18:12 images[3].image ValueInvalid',
    '19:10 images[3].tag ValueInvalid',
    '20:13 images[3].digest ValueInvalid',
    '21:1 checks KeyUnknown',
  ]);
  assert.match(rejected(text).message, /^The release file is at fault, line 1, column 13: .* \(and 16 more\)$/u);
  assert.equal(rejected(text).facts.count, 17);
});

test('nothing is named twice, however it is spelled', () => {
  const object = (keys: string): string => `  - {${keys}, sha256: ${hex}}\n`;
  assert.deepEqual(
    faults(
      `${head}objects:\n${object('key: a')}${object('bucket: acme-releases, key: a')}${object('bucket: other, key: a')}`,
    ),
    ['5:5 objects[1] NameTaken'],
  );
  const image = (name: string): string => `  - {image: '${name}', digest: '${digest}'}\n`;
  assert.deepEqual(
    faults(`${head}images:\n${image('nginx:1')}${image('docker.io/library/nginx:1')}${image('nginx:2')}`),
    ['5:5 images[1] NameTaken'],
  );
});

test('a thousand members, and not one more', () => {
  const objects = (count: number): string =>
    `objects:\n${Array.from({ length: count }, (_, index) => `  - {key: '${index}', sha256: ${hex}}\n`).join('')}`;
  const images = `images: [{image: 'a:1', digest: '${digest}'}]\n`;
  assert.equal(read(head + objects(1000)).objects.length, 1000);
  assert.deepEqual(faults(head + objects(1000) + images), ['1:1 ValueInvalid']);
  assert.ok(faults(head + objects(1001)).includes('4:3 objects ValueInvalid'));
});

test('hostile files are refused, or read as what they are', () => {
  const bombs = `${'&a [*a,'.repeat(50)}`;
  const hostile = [bombs, `${head}objects: &a [*a]`, `${head}kind: Release`, 'a: !!js/function x', '- '.repeat(20_000)];
  hostile.push(
    '[]',
    '7',
    'x',
    `${head}objects: {key: a}`,
    `${head}images: [null, 7, [], {}]`,
    `${head}__proto__: {}\n`,
  );
  for (const text of hostile) assert.ok(Array.isArray(rejected(text).facts.faults), text.slice(0, 40));
  rejected(Buffer.from([0xff, 0xfe, 0x00]));
  rejected(new Uint8Array(2 * 1024 * 1024));
});

test('no text makes anything but a release file or its refusal', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), (text) => {
      try {
        read(text);
      } catch (error) {
        assert.ok(error instanceof Rejected, String(error));
      }
    }),
  );
});
