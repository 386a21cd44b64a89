import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

const INSTALL = join(import.meta.dirname, '../../infra/install.cjs');

const wanted = {
  '': { name: 'project' },
  'node_modules/one': { version: '1.0.0', integrity: 'sha512-one' },
  'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-other', optional: true },
};
const present = { 'node_modules/one': wanted['node_modules/one'] };

let root: string;
const path = (...parts: string[]): string => join(root, ...parts);

/** Runs the script with an npm that notes that it was called, and says what npm would write down. */
function install(npm: { readonly status: number }): { readonly status: number | null; readonly words: string } {
  const env = { ...process.env, npm_execpath: path('npm.cjs'), NPM_STATUS: String(npm.status) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [path('infra/install.cjs')], {
    env,
    encoding: 'utf8',
  });
  return { status, words: stdout + stderr };
}

const calls = (): Promise<string> => readFile(path('calls'), 'utf8').catch(() => '');
const writeRecord = (packages: unknown): Promise<void> =>
  writeFile(path('node_modules/.package-lock.json'), JSON.stringify({ packages }));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gitferry-install-'));
  await mkdir(path('infra'));
  await mkdir(path('node_modules/.bin'), { recursive: true });
  await copyFile(INSTALL, path('infra/install.cjs'));
  await writeFile(path('package.json'), JSON.stringify({ devDependencies: { node: '24.21.0' } }));
  await writeFile(path('package-lock.json'), JSON.stringify({ packages: wanted }));
  await writeFile(path('node_modules/.bin/node'), '#!/bin/sh\necho v24.21.0\n');
  await chmod(path('node_modules/.bin/node'), 0o755);
  await writeFile(
    path('npm.cjs'),
    `require('node:fs').appendFileSync(${JSON.stringify(path('calls'))}, process.argv.slice(2).join(' ') + '\\n');
     process.exitCode = Number(process.env.NPM_STATUS);`,
  );
});
afterEach(() => rm(root, { recursive: true }));

describe('what runs before the scripts', () => {
  it('installs nothing when everything is there, packages of other platforms apart', async () => {
    await writeRecord(present);
    assert.deepEqual(install({ status: 0 }), { status: 0, words: '' });
    assert.equal(await calls(), '');
  });

  it('installs by npm ci when nothing is there', async () => {
    assert.equal(install({ status: 0 }).status, 0);
    assert.equal(await calls(), 'ci --loglevel=error\n');
  });

  for (const [name, record] of [
    ['another version', { 'node_modules/one': { version: '0.9.0', integrity: 'sha512-one' } }],
    ['other bytes', { 'node_modules/one': { version: '1.0.0', integrity: 'sha512-two' } }],
    ['a package less', {}],
  ] as const)
    it(`installs when there is ${name}`, async () => {
      await writeRecord(record);
      install({ status: 0 });
      assert.equal(await calls(), 'ci --loglevel=error\n');
    });

  it('fails with a word when npm ci does, and tries again', async () => {
    const { status, words } = install({ status: 7 });
    assert.equal(status, 1);
    assert.match(words, /npm ci did not finish/u);
    install({ status: 7 });
    assert.equal(await calls(), 'ci --loglevel=error\n'.repeat(2));
  });

  it('says what to do when Node 24 did not arrive', async () => {
    await writeRecord(present);
    await rm(path('node_modules/.bin/node'));
    const without = install({ status: 0 });
    assert.equal(without.status, 1);
    assert.match(without.words, /Node 24\.21\.0 .* does not[\s\S]*ignore-scripts/u);
  });

  it('says so when another Node stands in its place', async () => {
    await writeRecord(present);
    await writeFile(path('node_modules/.bin/node'), '#!/bin/sh\necho v20.20.2\n');
    const { status, words } = install({ status: 0 });
    assert.equal(status, 1);
    assert.match(words, /there is v20\.20\.2/u);
  });
});
