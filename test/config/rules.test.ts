import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseConfig } from '../../shared/config/parse.ts';
import { overlap } from '../../shared/config/place.ts';
import { faultsOf } from './faults.ts';

const file = (...mirrors: string[]): string =>
  `mirrors:\n${mirrors.map((keys, index) => `  - {bucket: acme, prefix: p${index}/, ${keys}}\n`).join('')}`;
const reasons = (...mirrors: string[]): string[] =>
  faultsOf(file(...mirrors)).map(({ line, path, reason }) => `${line} ${path} ${reason}`);
const sound = (...mirrors: string[]): number => parseConfig(Buffer.from(file(...mirrors))).mirrors.length;

test('a mirror has one place', () => {
  assert.deepEqual(reasons('onDelete: keep'), ['2 mirrors[0] PlaceMissing']);
  assert.deepEqual(reasons("chart: 'c/{name}', files: f"), ['2 mirrors[0].files PlaceTwice']);
});

test('what is about charts is refused for files', () => {
  for (const key of ['unpack: true', 'versions: 1.x', 'select: highest', 'allowRepublish: false'])
    assert.deepEqual(reasons(`files: f, ${key}`), [`2 mirrors[0].${key.split(':')[0]} KeyContradicts`]);
});

test('an archive’s path goes with unpack: false, and only with that', () => {
  assert.deepEqual(reasons("chart: 'c/{name}.tgz'"), ['2 mirrors[0].chart KeyContradicts']);
  assert.deepEqual(reasons("chart: 'c/{name}', unpack: false"), ['2 mirrors[0].chart KeyContradicts']);
  assert.equal(sound("chart: 'c/{name}-{version}.tgz', unpack: false"), 1);
});

test('a kind is not both allowed and denied, an archive not larger than an upload', () => {
  assert.deepEqual(reasons('files: f, allowKinds: [Role], denyKinds: [Role]'), [
    '2 mirrors[0].denyKinds KeyContradicts',
  ]);
  assert.deepEqual(reasons('files: f, limits: {packed: 30MiB}'), ['2 mirrors[0].limits.packed KeyContradicts']);
  assert.deepEqual(reasons('files: f, limits: {object: 1MiB}'), ['2 mirrors[0].limits.packed KeyContradicts']);
});

test('names are unique', () => {
  assert.deepEqual(reasons('files: a, name: x', 'files: b, name: x'), ['3 mirrors[1] NameTaken']);
  assert.equal(
    faultsOf('mirrors:\n  - {bucket: acme, files: a}\n  - {bucket: acme, files: b}\n')[0]?.reason,
    'NameTaken',
  );
});

test('places that can overlap are refused', () => {
  const pairs = [
    ['files: apps', 'files: apps'],
    ['files: apps', 'files: Apps/'],
    ['files: apps', 'files: apps/production'],
    ['files: .', 'files: apps'],
    ['files: .', "chart: 'charts/{name}'"],
    ['files: charts', "chart: 'charts/{name}'"],
    ['files: charts/podinfo/values', "chart: 'charts/{name}'"],
    ['files: charts/podinfo', "chart: 'charts/{name}'"],
    ["chart: 'charts/{name}'", "chart: 'charts/{name}/{version}'"],
    ["chart: 'charts/{name}'", "chart: 'charts/podinfo/{version}'"],
    ["chart: '{name}'", "chart: 'charts/{name}'"],
  ] as const;
  for (const [one, other] of pairs) {
    assert.deepEqual(
      reasons(one, other).map((line) => line.split(' ')[2]),
      ['PlacesOverlap'],
      `${one} and ${other}`,
    );
    assert.deepEqual(
      reasons(other, one).map((line) => line.split(' ')[2]),
      ['PlacesOverlap'],
      `${other} and ${one}`,
    );
  }
});

test('places that cannot overlap are fine', () => {
  assert.equal(sound('files: apps', 'files: apps2', 'files: app/s', "chart: 'charts/{name}'"), 4);
  assert.equal(sound("chart: 'charts/{name}'", "chart: 'charts/{name}'", "chart: 'charts/podinfo'"), 3);
  assert.equal(sound("chart: 'charts/a-{name}'", "chart: 'charts/b-{name}/{version}'", 'files: charts/c'), 3);
  assert.equal(sound("chart: 'charts/{name}-a'", "chart: 'charts/{name}-b/{version}'", 'files: charts/x-c'), 3);
});

test('overlap is symmetric, and true wherever rendered places nest', () => {
  const segment = fc.constantFrom('a', 'b', '{name}', 'a-{name}', '{name}-{version}', '{name}.b');
  const template = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const chart = (text: string) =>
    ({ kind: 'chart', template: text, unpack: true, versions: null, select: 'highest' }) as const;
  const name = fc.constantFrom('a', 'b', 'a-b', 'ab');
  fc.assert(
    fc.property(template, template, name, name, (one, other, oneName, otherName) => {
      assert.equal(overlap(chart(one), chart(other)), overlap(chart(other), chart(one)));
      const place = (text: string, called: string): string =>
        text.replaceAll('{name}', called).replaceAll('{version}', '1.0.0');
      const nested = `${place(other, otherName)}`.startsWith(`${place(one, oneName)}/`);
      if (nested) assert.ok(overlap(chart(one), chart(other)), `${one} holds ${other}`);
    }),
  );
});

test('protected and unsafe places are refused', () => {
  for (const place of [
    'clusters/flux-system',
    'Flux-System',
    '.github',
    '.github/workflows',
    '../x',
    '/etc',
    'a//b',
    '.git',
  ])
    assert.equal(reasons(`files: ${place}`)[0]?.startsWith('2 mirrors[0].files Path'), true, place);
  for (const place of ['gitferry.yaml', 'flux-system/{name}', '{name}/../x', '.gitlab-ci.yml'])
    assert.equal(reasons(`chart: '${place}'`)[0]?.startsWith('2 mirrors[0].chart Path'), true, place);
});

test('what gitferry itself puts into the bucket is never mirrored', () => {
  for (const prefix of ['gitferry-rejected/', 'gitferry-rejected/charts/'])
    assert.equal(faultsOf(`mirrors: [{bucket: acme, prefix: ${prefix}, files: a}]`)[0]?.path, 'mirrors[0].prefix');
});

test('a slip in one key does not hide what is wrong with others', () => {
  assert.deepEqual(reasons('files: apps, colour: blue', 'files: apps/x, colour: red'), [
    '2 mirrors[0].colour KeyUnknown',
    '3 mirrors[1].files PlacesOverlap',
    '3 mirrors[1].colour KeyUnknown',
  ]);
  assert.deepEqual(reasons('files: apps, onEdit: never, name: x', 'files: apps/x, limits: {files: 0}, name: x'), [
    '2 mirrors[0].onEdit ValueInvalid',
    '3 mirrors[1] NameTaken',
    '3 mirrors[1].files PlacesOverlap',
    '3 mirrors[1].limits.files ValueInvalid',
  ]);
  assert.deepEqual(reasons("chart: 'c/{name}.tgz', files: f, onEdit: never"), [
    '2 mirrors[0].chart KeyContradicts',
    '2 mirrors[0].files PlaceTwice',
    '2 mirrors[0].onEdit ValueInvalid',
  ]);
});

test('a value that is at fault is not taken for its default', () => {
  for (const keys of ["chart: 'c/{name}.tgz', unpack: flase", 'files: [f]', 'files: f, limits: {packed: 1TB}'])
    assert.equal(reasons(keys).length, 1, keys);
  assert.deepEqual(reasons('files: a, name: 7', 'files: b, name: 7').length, 2);
  const [fault] = faultsOf('mirrors:\n  - {files: a}\n  - {bucket: acme, files: a/b}\n').slice(1);
  assert.match(fault?.message ?? '', /that of the mirror mirrors\[0\]:/u);
});
