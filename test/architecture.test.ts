import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { sourceFiles } from './sources.ts';

const ROOT = join(import.meta.dirname, '..');

/** Beside what `.gitignore` names: folders of the house, then files that people or tools look for there. */
const TOP_LEVEL = [
  ...['.ci', 'cli', 'docs', 'examples', 'functions', 'infra', 'shared', 'test'],
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'NOTICE', 'README.md', 'SECURITY.md'],
  ...['.gitignore', '.npmrc', 'biome.json', 'knip.json', 'package-lock.json', 'package.json'],
  ...['serverless.yml', 'tsconfig.json'],
];

/** What git and editors keep in any checkout, and what `gitferry init` writes into one. */
const OTHERS = ['.git', '.idea', '.vscode', '.DS_Store', 'serverless.params.yml', 'gitferry.yaml'];

/** The folders of `shared`, bottom first: each may import those before it, so there is no cycle. */
const LAYERS = [
  ...[
    'errors.ts',
    'redact.ts',
    'telemetry',
    'printable.ts',
    'version.ts',
    'trust',
    'http',
    'git',
    'manifest',
    'artifact',
    'image',
  ],
  ...['change', 'source', 'table', 'agent', 'config', 'ledger', 'notice', 'reference', 'unit'],
];

/** Which top-level folders each may import from. Tests may import everything but handlers. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  shared: ['shared'],
  functions: ['shared', 'functions'],
  // The command line previews what a function would do: it runs the function's deed, with collaborators of its own.
  cli: ['shared', 'cli', 'functions', 'package.json'],
  infra: ['shared', 'infra'],
  test: ['shared', 'functions', 'cli', 'infra', 'test', 'package.json'],
};

const LONGEST = 350;

interface Import {
  readonly from: string;
  readonly to: string;
}

async function imports(): Promise<readonly Import[]> {
  const files = await sourceFiles('{functions,shared,cli,infra,test}/**/*.{ts,cjs}');
  const texts = await Promise.all(
    files.map(async (from) => ({ from, text: await readFile(join(ROOT, from), 'utf8') })),
  );
  return texts.flatMap(({ from, text }) =>
    [...text.matchAll(/(?:\bfrom |\bimport\(|\brequire\(|^import )'(\.{1,2}\/[^']+)'/gmu)].map(([, to = '']) => ({
      from,
      to: join(dirname(from), to),
    })),
  );
}

function part(path: string, index: number): string {
  return path.split('/')[index] ?? '';
}

function arrow({ from, to }: Import): string {
  return `${from} -> ${to}`;
}

test('imports go from functions, cli and infra to shared, and never back', async () => {
  const all = await imports();
  assert.ok(all.length > 300, `${all.length} imports were found`);
  const wrong = all.filter(({ from, to }) => !ARROWS[part(from, 0)]?.includes(part(to, 0)));
  assert.deepEqual(wrong.map(arrow), []);
});

test('no function imports another, and nothing imports a handler', async () => {
  const wrong = (await imports()).filter(
    ({ from, to }) =>
      (part(from, 0) === 'functions' && part(to, 0) === 'functions' && part(from, 1) !== part(to, 1)) ||
      /^functions\/[^/]+\/handler\.ts$/u.test(to),
  );
  assert.deepEqual(wrong.map(arrow), []);
});

test('within shared, a folder imports only those below it', async () => {
  const inside = (await imports()).filter(({ from, to }) => part(from, 0) === 'shared' && part(to, 0) === 'shared');
  for (const { from, to } of inside) {
    const [upper, lower] = [part(from, 1), part(to, 1)];
    for (const folder of [upper, lower]) assert.ok(LAYERS.includes(folder), `shared/${folder} has no layer yet`);
    assert.ok(upper === lower || LAYERS.indexOf(lower) < LAYERS.indexOf(upper), arrow({ from, to }));
  }
});

test('nothing in shared or in a function reads the environment, but its handler', async () => {
  const files = (await sourceFiles('{shared,functions}/**/*.ts')).filter((file) => !file.endsWith('/handler.ts'));
  for (const file of files)
    assert.doesNotMatch(
      await readFile(join(ROOT, file), 'utf8'),
      /process\s*\.\s*env\b|\benv\b.*'node:process'/u,
      file,
    );
});

test(`no file of code is longer than ${LONGEST} lines`, async () => {
  for (const file of await sourceFiles('{functions,shared,cli,infra,test}/**/*.{ts,cjs,yml}')) {
    const lines = (await readFile(join(ROOT, file), 'utf8')).split('\n').length - 1;
    assert.ok(lines <= LONGEST, `${file} has ${lines} lines`);
  }
});

test('the root holds what belongs there, and nothing else', async () => {
  const ignored = (await readFile(join(ROOT, '.gitignore'), 'utf8'))
    .split('\n')
    .map((line) => line.replace(/\/$/u, ''));
  const entries = (await readdir(ROOT)).filter((name) => ![...ignored, ...OTHERS].includes(name));
  assert.deepEqual(
    entries.filter((name) => !TOP_LEVEL.includes(name) && !name.endsWith('.log')),
    [],
  );
});
