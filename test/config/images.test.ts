import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ImageRule } from '../../shared/config/config.ts';
import { parseConfig } from '../../shared/config/parse.ts';
import { faultsOf } from './faults.ts';

const file = (...images: string[]): string => `images:\n${images.map((keys) => `  - {${keys}}\n`).join('')}`;
const parse = (...images: string[]): readonly ImageRule[] => parseConfig(Buffer.from(file(...images))).images;
const one = (keys: string): ImageRule => parse(`image: quay.io/acme/api, ${keys}`)[0]!;
const any = "policy: {semver: '*'}";
const faults = (...images: string[]): string[] =>
  faultsOf(file(...images)).map(({ line, column, path, reason }) => `${line}:${column} ${path} ${reason}`);
const reasons = (keys: string): string[] =>
  faultsOf(file(`image: quay.io/acme/api, ${keys}`)).map(
    ({ path, reason }) => `${path.replace('images[0]', '')} ${reason}`,
  );

test('everything but image and policy has a default', () => {
  const { digest, ...rule } = one("policy: {semver: '>=1.0.0'}");
  assert.deepEqual(rule, {
    name: 'flux-system:api',
    image: 'quay.io/acme/api',
    written: 'quay.io/acme/api',
    policy: { kind: 'semver', range: '>=1.0.0', filter: null },
    files: ['**/*.{yaml,yml}'],
    pin: 'digest',
    onEdit: 'hold',
  });
  assert.match(digest, /^sha256:[0-9a-f]{64}$/u);
});

test('the whole format', () => {
  const [image] = parseConfig(
    Buffer.from(`
images:
  - image: 123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api
    name: shop:api
    policy: { numerical: { order: desc } }
    filterTags:
      pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)$'
      extract: $ts
    files: ["b/**/*.yaml", "a/x.yaml", "b/**/*.yaml"]
    pin: tag
    onEdit: overwrite
`),
  ).images;
  const { digest: _, ...rule } = image!;
  assert.deepEqual(rule, {
    name: 'shop:api',
    image: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api',
    written: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api',
    policy: {
      kind: 'numerical',
      order: 'desc',
      filter: { pattern: '^main-[a-f0-9]+-(?P<ts>[0-9]+)$', extract: '$ts' },
    },
    files: ['a/x.yaml', 'b/**/*.yaml'],
    pin: 'tag',
    onEdit: 'overwrite',
  });
});

test('each policy as it is parsed', () => {
  const policy = (keys: string) => one(keys).policy;
  assert.deepEqual(policy('policy: {alphabetical: {}}'), { kind: 'alphabetical', order: 'asc', filter: null });
  assert.deepEqual(policy('policy: {alphabetical: {order: desc}}'), {
    kind: 'alphabetical',
    order: 'desc',
    filter: null,
  });
  assert.deepEqual(policy('policy: {numerical: {}}'), { kind: 'numerical', order: 'asc', filter: null });
  assert.deepEqual(policy('policy: {digest: latest}'), { kind: 'digest', tag: 'latest' });
  const filter = { pattern: 'rc', extract: null };
  assert.deepEqual(policy("policy: {semver: '*'}, filterTags: {pattern: rc}"), { kind: 'semver', range: '*', filter });
  assert.deepEqual(policy("policy: {semver: '*'}, filterTags: {pattern: rc, extract: ''}"), {
    kind: 'semver',
    range: '*',
    filter,
  });
});

test('an image is known by the name that runtimes read, and keeps its spelling', () => {
  const spelled = (image: string) =>
    parse(`image: '${image}', ${any}`).map(({ image: canonical, written, name }) => [canonical, written, name])[0];
  assert.deepEqual(spelled('nginx'), ['docker.io/library/nginx', 'nginx', 'flux-system:nginx']);
  assert.deepEqual(spelled('acme/api'), ['docker.io/acme/api', 'acme/api', 'flux-system:api']);
  assert.deepEqual(spelled('localhost:5000/a/b__c_d'), [
    'localhost:5000/a/b__c_d',
    'localhost:5000/a/b__c_d',
    'flux-system:b-c-d',
  ]);
});

test('a name without a namespace is in that of Flux', () => {
  assert.equal(one(`name: shop-api, ${any}`).name, 'flux-system:shop-api');
  assert.equal(one(`name: 'apps:shop.api', ${any}`).name, 'apps:shop.api');
});

test('a rule’s digest depends on what it means, not on how it is written', () => {
  const { digest } = one(`files: [b, a], ${any}`);
  assert.equal(one(`pin: digest, onEdit: hold, name: 'flux-system:api', ${any}, files: [a, b, a]`).digest, digest);
  const others = [
    any,
    `files: [a], ${any}`,
    `files: [b, a], pin: tag, ${any}`,
    `files: [b, a], policy: {semver: '1.x'}`,
  ];
  others.push(`files: [b, a], name: x, ${any}`, `files: [b, a], ${any}, filterTags: {pattern: a}`);
  assert.equal(new Set([digest, ...others.map((keys) => one(keys).digest)]).size, others.length + 1);
});

test('a rule’s digest stays what it is: another makes every ledger take all its rules for changed', () => {
  assert.equal(one(any).digest, 'sha256:86025baa14a2001dd45256f70289c80441f42bcfb7ae9e3419ab7b2ff057df24');
});

describe('faults, each with its place', () => {
  test('all at once', () => {
    const found = faultsOf(`images:
  - image: quay.io/acme/api:1.0.0
    name: Shop API
    policy:
      semver: latest
      calver: true
    files:
      - apps/[ab].yaml
      - ../x
    pin: both
    signature: {}
  - policy: {}
    filterTags:
      pattern: (a
      extract: é
  - image: quay.io/acme/worker
    policy: { digest: a b, numerical: { order: up } }
    filterTags: { pattern: (a), extract: $b }
`);
    assert.deepEqual(
      found.map(({ line, column, path, reason }) => `${line}:${column} ${path} ${reason}`),
      [
        '2:12 images[0].image ValueInvalid',
        '3:11 images[0].name ValueInvalid',
        '5:15 images[0].policy.semver ValueInvalid',
        '6:7 images[0].policy.calver KeyUnknown',
        '8:9 images[0].files[0] ValueInvalid',
        '9:9 images[0].files[1] PathUnsafe',
        '10:10 images[0].pin ValueInvalid',
        '11:5 images[0].signature NotSupportedYet',
        '12:5 images[1].image KeyMissing',
        '12:5 images[1].policy PolicyMissing',
        '14:16 images[1].filterTags.pattern ValueInvalid',
        '15:16 images[1].filterTags.extract ValueInvalid',
        '17:23 images[2].policy.digest ValueInvalid',
        '17:28 images[2].policy.numerical PolicyTwice',
        '17:48 images[2].policy.numerical.order ValueInvalid',
        '18:42 images[2].filterTags.extract ValueInvalid',
      ],
    );
    for (const { message } of found) assert.match(message, /^\S.*[^.]\.$/u);
  });

  test('a policy is needed, and one is enough', () => {
    assert.deepEqual(reasons('pin: tag'), ['.policy KeyMissing']);
    assert.deepEqual(reasons('policy: {}'), ['.policy PolicyMissing']);
    assert.deepEqual(reasons('policy: semver'), ['.policy TypeWrong']);
    assert.deepEqual(reasons("policy: {digest: a, semver: '*'}"), ['.policy.semver PolicyTwice']);
  });

  test('a policy of one tag has nothing to filter, and nothing but a digest to write', () => {
    assert.deepEqual(reasons('policy: {digest: latest}, filterTags: {pattern: a}'), ['.filterTags KeyContradicts']);
    assert.deepEqual(reasons('policy: {digest: latest}, pin: tag'), ['.pin KeyContradicts']);
  });

  test('what is no image, or says which', () => {
    for (const image of [
      'Quay.io/Acme/api',
      'quay.io/acme/api/',
      'https://quay.io/acme/api',
      '',
      'quay.io/a b',
      'a@sha256:1',
    ])
      assert.deepEqual(faults(`image: '${image}', ${any}`), ['2:13 images[0].image ValueInvalid'], image);
    assert.deepEqual(faults(`image: quay.io/acme/api@sha256:${'0'.repeat(64)}, ${any}`), [
      '2:13 images[0].image ValueInvalid',
    ]);
  });

  test('what is no name of a policy', () => {
    for (const name of ['a:b:c', ':a', 'a:', 'a#b', 'a b', 'a_b', '-a', 'A', 'a:b:tag'])
      assert.deepEqual(reasons(`name: '${name}', ${any}`), ['.name ValueInvalid'], name);
  });

  test('a policy of hostile ranges and patterns', () => {
    for (const range of ['latest', '>=1.0.0<2.0.0', '1.0.0p', '', '^', '>= x.y'])
      assert.deepEqual(reasons(`policy: {semver: '${range}'}`), ['.policy.semver ValueInvalid'], range);
    for (const pattern of ['(?=a)', '(', '(.{0,99}){0,9}', 'a{1001}', '[z-a]'])
      assert.deepEqual(
        reasons(`${any}, filterTags: {pattern: '${pattern}'}`),
        ['.filterTags.pattern ValueInvalid'],
        pattern,
      );
    assert.deepEqual(reasons(`${any}, filterTags: {extract: $1}`), ['.filterTags.pattern KeyMissing']);
  });

  test('too many files, or none', () => {
    assert.deepEqual(reasons(`${any}, files: []`), ['.files ValueInvalid']);
    assert.deepEqual(reasons(`${any}, files: [${'a,'.repeat(101)}]`), ['.files ValueInvalid']);
  });
});

test('names are unique among all rules', () => {
  assert.deepEqual(faults(`image: quay.io/a/api, ${any}`, `image: quay.io/b/api, ${any}`), ['3:5 images[1] NameTaken']);
  assert.deepEqual(faults(`image: a, name: x, ${any}`, `image: b, name: 'flux-system:x', ${any}`), [
    '3:5 images[1] NameTaken',
  ]);
  assert.equal(parse(`image: quay.io/a/api, ${any}`, `image: quay.io/a/api, name: other, ${any}`).length, 2);
  const mirrored = `mirrors: [{bucket: acme, files: a, name: 'flux-system:api'}]\n${file(`image: quay.io/a/api, ${any}`)}`;
  assert.deepEqual(
    faultsOf(mirrored).map(({ path, reason }) => `${path} ${reason}`),
    ['images[0] NameTaken'],
  );
});
