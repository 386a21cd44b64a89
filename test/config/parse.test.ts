import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mirror } from '../../shared/config/config.ts';
import { parseConfig } from '../../shared/config/parse.ts';
import { faultsOf } from './faults.ts';

const parse = (text: string): ReturnType<typeof parseConfig> => parseConfig(Buffer.from(text));
const mirror = (lines: string): Mirror =>
  parse(`mirrors:\n  - bucket: acme\n    ${lines.replaceAll('\n', '\n    ')}\n`).mirrors[0]!;

test('everything has a default', () => {
  const { digest, ...charts } = mirror('chart: charts/{name}');
  assert.deepEqual(charts, {
    name: 's3://acme/',
    bucket: 'acme',
    prefix: '',
    place: { kind: 'chart', template: 'charts/{name}', unpack: true, versions: null, select: 'highest' },
    onDelete: 'keep',
    onEdit: 'hold',
    allowRepublish: false,
    allowKinds: [],
    denyKinds: [],
    limits: { object: 26_214_400, packed: 20_971_520, unpacked: 104_857_600, files: 10_000 },
    removals: { share: 0.5, atLeast: 10 },
  });
  assert.match(digest, /^sha256:[0-9a-f]{64}$/u);
  for (const empty of ['', '# nothing yet\n', '---\n', '{}', 'mirrors: []\n'])
    assert.deepEqual(parse(empty), {
      mirrors: [],
      images: [],
      releases: [],
      author: { name: 'gitferry', email: 'noreply@gitferry.dev' },
      rollout: { deadline: 1_800_000, onFailure: 'revert' },
      drift: 'notify',
    });
});

test('the whole format', () => {
  const { mirrors, author } = parse(`
apiVersion: gitferry.dev/v1
mirrors:
  - bucket: acme-releases
    prefix: charts/
    chart: charts/{name}/{version}.tgz
    unpack: false
    versions: ">=6.0.0 <7.0.0"
    select: newest-upload
    allowRepublish: true
  - name: production
    bucket: acme-releases
    prefix: config/production/
    files: apps/production/
    onDelete: remove
    onEdit: overwrite
    allowKinds: [RoleBinding, Role, Role]
    denyKinds: [Secret]
    limits: { object: 1KiB, packed: 512, unpacked: 1GiB, files: 3 }
    removals: { share: 0.25, atLeast: 2 }
commit: { mode: push, author: "Ferry Man <ferry@acme.example>" }
`);
  assert.deepEqual(author, { name: 'Ferry Man', email: 'ferry@acme.example' });
  assert.deepEqual(mirrors[0]?.place, {
    kind: 'chart',
    template: 'charts/{name}/{version}.tgz',
    unpack: false,
    versions: '>=6.0.0 <7.0.0',
    select: 'newest-upload',
  });
  const { digest: _, ...production } = mirrors[1]!;
  assert.deepEqual(production, {
    name: 'production',
    bucket: 'acme-releases',
    prefix: 'config/production/',
    place: { kind: 'files', folder: 'apps/production' },
    onDelete: 'remove',
    onEdit: 'overwrite',
    allowRepublish: false,
    allowKinds: ['Role', 'RoleBinding'],
    denyKinds: ['Secret'],
    limits: { object: 1024, packed: 512, unpacked: 1_073_741_824, files: 3 },
    removals: { share: 0.25, atLeast: 2 },
  });
});

test('versions are a range as Helm reads it', () => {
  const versions = (range: string) => mirror(`chart: 'charts/{name}'\nversions: '${range}'`).place;
  assert.deepEqual(versions('>=1.0.0, <2.0.0'), {
    kind: 'chart',
    template: 'charts/{name}',
    unpack: true,
    versions: '>=1.0.0, <2.0.0',
    select: 'highest',
  });
  for (const range of ['latest', '', '>=1.0.0<2.0.0'])
    assert.equal(
      faultsOf(`mirrors: [{bucket: acme, chart: 'c/{name}', versions: '${range}'}]`)[0]?.path,
      'mirrors[0].versions',
    );
});

test('the root is a folder for files too', () => {
  assert.deepEqual(mirror('files: .').place, { kind: 'files', folder: '' });
});

test('a default name holds no #, which the ledger divides names by', () => {
  assert.equal(mirror('prefix: a#b/\nfiles: apps').name, 's3://acme/a%23b/');
});

test('a rule’s digest depends on what it means, not on how it is written', () => {
  const { digest } = mirror('files: apps\nallowKinds: [Role, ClusterRole]');
  assert.equal(
    mirror('allowKinds: [ClusterRole, Role]\nonDelete: keep\nlimits: {object: 25MiB}\nfiles: apps/').digest,
    digest,
  );
  const others = [
    'files: app',
    'files: apps\nonDelete: remove',
    'files: apps\nname: x',
    'files: apps\nallowKinds: [Role]',
  ];
  const digests = others.map((lines) => mirror(lines).digest);
  assert.equal(new Set([digest, ...digests]).size, others.length + 1);
});

test('a rule’s digest stays what it is: another makes every ledger take all its rules for changed', () => {
  const { digest } = mirror('files: apps');
  assert.equal(digest, 'sha256:3cecfeb5e0ee91c7caec0bb98af1cef9791faf2f989d74cb404758868ceecabb');
});

test('anchors, flow style, CRLF and a byte order mark are read', () => {
  const text =
    '\ufeffmirrors:\r\n  - &a {bucket: acme, prefix: x/, files: &place one}\r\n  - {bucket: acme, files: two, limits: &l {files: 5}}\r\n';
  assert.deepEqual(
    parse(text).mirrors.map(({ name }) => name),
    ['s3://acme/x/', 's3://acme/'],
  );
  const [first, second] = parse(
    'mirrors:\n  - {bucket: &b acme, files: one}\n  - {bucket: *b, prefix: p/, files: two}\n',
  ).mirrors;
  assert.equal(first?.bucket, second?.bucket);
});

test('all faults at once, each with line, column and path, in the order of the file', () => {
  const faults = faultsOf(`apiVersion: gitferry.dev/v2
mirrors:
  - bucket: Not A Bucket
    chart: charts/{nam}
    colour: blue
  - bucket: acme
    files: [apps]
    versions: newest
    limits:
      unpacked: huge
  - chart: charts/{name}
checks: {}
commit:
  mode: pull-request
  author: nobody
`);
  assert.deepEqual(
    faults.map(({ line, column, path, reason }) => `${line}:${column} ${path} ${reason}`),
    [
      '1:13 apiVersion ValueInvalid',
      '3:13 mirrors[0].bucket ValueInvalid',
      '4:12 mirrors[0].chart PlaceholderUnknown',
      '5:5 mirrors[0].colour KeyUnknown',
      '7:12 mirrors[1].files TypeWrong',
      '8:5 mirrors[1].versions KeyContradicts',
      '8:15 mirrors[1].versions ValueInvalid',
      '10:17 mirrors[1].limits.unpacked ValueInvalid',
      '11:5 mirrors[2].bucket KeyMissing',
      '12:1 checks NotSupportedYet',
      '14:9 commit.mode NotSupportedYet',
      '15:11 commit.author ValueInvalid',
    ],
  );
});

test('every message is a sentence', () => {
  for (const { message } of faultsOf('mirrors:\n  - {bucket: 7, files: /etc, limits: {files: 0}, x: 1}\n  - null\n'))
    assert.match(message, /^\S.*[^.]\.$/u);
});

test('a feature that is not built yet is refused, not passed over', () => {
  assert.deepEqual(
    faultsOf('checks: {}').map(({ reason }) => reason),
    ['NotSupportedYet'],
  );
});
