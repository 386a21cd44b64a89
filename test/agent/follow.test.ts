import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../shared/agent/cluster.ts';
import { findFollowers } from '../../shared/agent/follow.ts';
import { fakeCluster } from './fake-cluster.ts';
import { application, gitRepository, helmChart, helmRelease, kustomization, object, REPOSITORY } from './objects.ts';

const MAIN = { repository: REPOSITORY, branch: 'main' };

async function followers(objects: readonly KubeObject[], paths: readonly string[] | null = null): Promise<string[]> {
  const found = await findFollowers(fakeCluster('test', objects), MAIN, paths);
  return found.map(({ kind, ref }) => `${kind} ${ref.name}`);
}

const fromGit = (chart: string, more: object = {}) => ({
  chart: { spec: { chart, sourceRef: { kind: 'GitRepository', name: 'main' }, ...more } },
});

test('a GitRepository follows a branch when nothing outranks it', async () => {
  const on = await followers([
    gitRepository('main'),
    gitRepository('by-name', { ref: { name: 'refs/heads/main', branch: 'other' } }),
    gitRepository('by-ssh', { url: 'ssh://git@git.example/acme/main' }),
    gitRepository('master', { ref: undefined }),
    gitRepository('other-branch', { ref: { branch: 'production' } }),
    gitRepository('other-name', { ref: { name: 'refs/pull/1/head', branch: 'main' } }),
    gitRepository('tag', { ref: { branch: 'main', tag: 'v1' } }),
    gitRepository('range', { ref: { branch: 'main', semver: '>=1' } }),
    gitRepository('commit', { ref: { branch: 'main', commit: 'a'.repeat(40) } }),
    gitRepository('other-repository', { url: 'https://git.example/acme/other' }),
  ]);
  assert.deepEqual(on, ['source main', 'source by-name', 'source by-ssh']);
  const master = fakeCluster('test', [gitRepository('master', { ref: undefined })]);
  assert.equal((await findFollowers(master, { ...MAIN, branch: 'master' }, null)).length, 1);
});

test('what takes from it is found by its source, in its own namespace or the one it names', async () => {
  const found = await followers([
    gitRepository('main'),
    kustomization('apps', './apps'),
    kustomization(
      'team',
      './team',
      { sourceRef: { kind: 'GitRepository', name: 'main', namespace: 'flux-system' } },
      { namespace: 'team' },
    ),
    kustomization('elsewhere', './apps', {}, { namespace: 'team' }),
    kustomization('bucket', './apps', { sourceRef: { kind: 'Bucket', name: 'main' } }),
    helmRelease('shop', fromGit('./charts/shop')),
    helmRelease('foreign', { chart: { spec: { chart: 'x', sourceRef: { kind: 'HelmRepository', name: 'main' } } } }),
  ]);
  assert.deepEqual(found, ['source main', 'kustomization apps', 'kustomization team', 'helm-release shop']);
});

const FOLDERS = [
  gitRepository('main'),
  kustomization('apps', './apps'),
  kustomization('infra', 'infra/'),
  helmChart('flux-system-shop', './charts/shop'),
  helmRelease('shop', fromGit('./charts/shop', { valuesFiles: ['values/shop.yaml'] }), {
    status: { helmChart: 'flux-system/flux-system-shop' },
  }),
];

for (const [path, concerned] of [
  ['apps/x.yaml', ['kustomization apps']],
  ['apps', ['kustomization apps']],
  ['charts/shop/Chart.yaml', ['source flux-system-shop', 'helm-release shop']],
  ['charts', ['source flux-system-shop', 'helm-release shop']],
  ['values/shop.yaml', ['source flux-system-shop', 'helm-release shop']],
  // What nobody follows may be built on by any folder, but by no chart.
  ['base/deployment.yaml', ['kustomization apps', 'kustomization infra']],
] as const)
  test(`${path} concerns ${concerned.join(' and ')}`, async () => {
    assert.deepEqual(await followers(FOLDERS, [path]), ['source main', ...concerned]);
  });

test('a Kustomization of the root, or of no path, is concerned by everything', async () => {
  const objects = [
    gitRepository('main'),
    kustomization('dot', './'),
    kustomization('none', undefined),
    kustomization('a', 'a'),
  ];
  const all = ['source main', 'kustomization dot', 'kustomization none'];
  assert.deepEqual(await followers(objects, ['z/y.yaml']), all);
  assert.deepEqual(await followers(objects, []), []);
});

test('sources of followers are those they take from, and no others', async () => {
  const objects = [gitRepository('main'), gitRepository('second'), kustomization('apps', 'apps')];
  assert.deepEqual(await followers(objects, ['apps/x.yaml']), ['source main', 'kustomization apps']);
  assert.equal((await followers(objects)).length, 3);
});

test('a HelmRelease knows its HelmChart: named, or made by Flux', async () => {
  const found = await findFollowers(
    fakeCluster('test', [
      ...FOLDERS,
      helmChart('own', 'charts/own'),
      helmRelease('by-reference', { chartRef: { kind: 'HelmChart', name: 'own' } }),
    ]),
    MAIN,
    null,
  );
  const of = (name: string) => found.find(({ ref, kind }) => kind === 'helm-release' && ref.name === name);
  assert.deepEqual(
    of('shop')?.sources.map(({ name }) => name),
    ['main', 'flux-system-shop'],
  );
  assert.deepEqual(
    of('by-reference')?.sources.map(({ name }) => name),
    ['main', 'own'],
  );
  assert.equal(of('by-reference')?.path, 'charts/own');
});

test('what an ArtifactGenerator makes of the repository is followed, with paths that nobody knows', async () => {
  const source = 'source.toolkit.fluxcd.io/v1';
  const generator = 'source.extensions.fluxcd.io/v1beta1';
  const found = await findFollowers(
    fakeCluster('test', [
      gitRepository('main'),
      object(generator, 'ArtifactGenerator', 'split', {
        sources: [{ alias: 'm', kind: 'GitRepository', name: 'main' }],
      }),
      object(generator, 'ArtifactGenerator', 'foreign', { sources: [{ alias: 'm', kind: 'Bucket', name: 'main' }] }),
      object(source, 'ExternalArtifact', 'part', {
        sourceRef: { apiVersion: generator, kind: 'ArtifactGenerator', name: 'split' },
      }),
      object(source, 'ExternalArtifact', 'other', {
        sourceRef: { apiVersion: generator, kind: 'ArtifactGenerator', name: 'foreign' },
      }),
      kustomization('apps', './', { sourceRef: { kind: 'ExternalArtifact', name: 'part' } }),
    ]),
    MAIN,
    ['deep/inside.yaml'],
  );
  assert.deepEqual(
    found.map(({ kind, ref, path, sources }) => [kind, ref.name, path, sources.map(({ name }) => name)]),
    [
      ['source', 'main', '', []],
      ['source', 'part', null, ['main']],
      ['kustomization', 'apps', null, ['main', 'part']],
    ],
  );
});

test('Applications follow by their source, any of several, or values that another one renders', async () => {
  const ours = { repoURL: 'git@git.example:acme/main.git', targetRevision: 'main' };
  const chart = { repoURL: 'https://charts.example', chart: 'redis', targetRevision: '1.0.0' };
  const objects = [
    application('one', { source: { ...ours, path: 'apps/one' } }),
    application('head', { source: { repoURL: REPOSITORY, path: 'apps/head' } }),
    application('ref-name', { source: { ...ours, targetRevision: 'refs/heads/main', path: 'apps/ref-name' } }),
    application('pinned', { source: { ...ours, targetRevision: 'a'.repeat(40), path: 'apps/one' } }),
    application('foreign', { source: chart }),
    application('many', { sources: [chart, { ...ours, path: 'apps/many' }] }),
    application('values', {
      sources: [
        { ...chart, helm: { valueFiles: ['$mine/values/redis.yaml'] } },
        { ...ours, ref: 'mine' },
      ],
    }),
  ];
  assert.deepEqual(
    await followers(objects),
    ['one', 'head', 'ref-name', 'many', 'values'].map((name) => `application ${name}`),
  );
  assert.deepEqual(await followers(objects, ['apps/many/x.yaml']), ['application many']);
  assert.deepEqual(await followers(objects, ['values/redis.yaml']), ['application values']);
});

test('an Application says by an annotation what else it reads', async () => {
  const annotations = { 'argocd.argoproj.io/manifest-generate-paths': '.;../shared;/base' };
  const objects = [
    application('one', { source: { repoURL: REPOSITORY, path: 'apps/one' } }, { metadata: { annotations } }),
  ];
  const [found] = await findFollowers(fakeCluster('test', objects), MAIN, null);
  assert.deepEqual([found?.path, found?.also], ['apps/one', ['apps/shared', 'base']]);
});

test('what is suspended is marked as such', async () => {
  const annotations = { 'argocd.argoproj.io/skip-reconcile': 'true' };
  const found = await findFollowers(
    fakeCluster('test', [
      gitRepository('main', { suspend: true }),
      kustomization('apps', 'apps', { suspend: true }),
      kustomization('odd', 'apps', { suspend: 'yes' }),
      application('one', { source: { repoURL: REPOSITORY, path: 'a' } }, { metadata: { annotations } }),
    ]),
    MAIN,
    null,
  );
  assert.deepEqual(
    found.map(({ suspended }) => suspended),
    [true, true, false, true],
  );
});

test('each kind is asked for once, however many objects there are', async () => {
  const fake = fakeCluster('test', [
    gitRepository('main'),
    ...Array.from({ length: 50 }, (_, n) => kustomization(`k${n}`, `a${n}`)),
  ]);
  assert.equal((await findFollowers(fake, MAIN, null)).length, 51);
  assert.equal(new Set(fake.listed).size, fake.listed.length);
});

test('objects that say nothing, or nonsense, follow nothing and stop nobody', async () => {
  const odd = [
    null,
    undefined,
    7,
    'text',
    [],
    { url: 7 },
    { url: { a: 1 } },
    { url: REPOSITORY, ref: 'main' },
    { sourceRef: [] },
    { chart: 'x', chartRef: 3 },
  ];
  const objects = odd.flatMap((spec, n) => [
    object('source.toolkit.fluxcd.io/v1', 'GitRepository', `g${n}`, spec),
    object('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', `k${n}`, spec),
    object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', `h${n}`, spec, { status: spec }),
    object('argoproj.io/v1alpha1', 'Application', `a${n}`, spec, { status: spec }),
  ]);
  assert.deepEqual(await followers([...objects, gitRepository('main')], null), ['source main']);
});
