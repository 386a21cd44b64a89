import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGitServer } from '../servers/git-server.ts';
import { gitferry } from './process.ts';

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-land-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

test('lands puts and removals as one commit, and prints what it cost', async (t) => {
  const server = await startGitServer({ 'old/a.txt': 'a\n', 'old/b.txt': 'b\n', 'keep.txt': 'kept\n' });
  t.after(() => server.close());
  const folder = await folderWith({ values: 'replicas: 2\n', script: '#!/bin/sh\n' });
  t.after(() => rm(folder, { recursive: true, force: true }));
  await chmod(join(folder, 'script'), 0o755);
  const target = ['land', '--repository', server.url, '--branch', 'main', '-o', 'json'];
  const edits = ['--put', 'apps/x/values.yaml=values', '--put', 'run.sh=script', '--remove', 'old', '-m', 'Ship x'];

  const first = await gitferry(folder, ...target, ...edits);
  assert.equal(first.status, 0, first.err);
  const { commit, attempts, requests, bytes } = JSON.parse(first.out);
  assert.equal(commit, await server.repository.git('rev-parse', 'main'));
  assert.deepEqual([attempts, requests], [1, server.requests.length]);
  assert.ok(bytes.sent > 0 && bytes.received > 0);
  assert.equal(await server.repository.git('log', '-1', '--format=%s', 'main'), 'Ship x');
  const list = await server.repository.list();
  assert.deepEqual([...list.keys()], ['apps/x/values.yaml', 'keep.txt', 'run.sh']);
  assert.match(list.get('run.sh') ?? '', /^100755/u);

  const again = await gitferry(folder, ...target, ...edits);
  assert.equal(JSON.parse(again.out).commit, commit);
});

test('creates a branch only when told, and refuses unsafe and blocked paths', async (t) => {
  const server = await startGitServer({ 'a.txt': 'a\n' });
  t.after(() => server.close());
  const folder = await folderWith({ file: 'x\n' });
  t.after(() => rm(folder, { recursive: true, force: true }));
  const run = (...args: string[]) => gitferry(folder, 'land', '--repository', server.url, ...args);

  const [absent, unsafe, blocked, created] = await Promise.all([
    run('--branch', 'fresh', '--put', 'x=file'),
    run('--branch', 'main', '--put', '.git/config=file'),
    run('--branch', 'main', '--put', 'a.txt/inner=file'),
    run('--branch', 'new', '--put', 'x=file', '--create'),
  ]);
  assert.match(absent.err, /BranchMissing/u);
  assert.match(unsafe.err, /PathUnsafe/u);
  assert.match(blocked.err, /PathBlocked/u);
  assert.deepEqual([absent.status, unsafe.status, blocked.status, created.status], [1, 1, 1, 0], created.err);
  assert.equal(await server.repository.git('rev-list', '--count', 'new'), '1');
});

test('finds credentials by git’s credential helper once the server asks', async (t) => {
  const authorization = `Basic ${Buffer.from('ada:word').toString('base64')}`;
  const server = await startGitServer({ 'a.txt': 'a\n' }, { authorization });
  t.after(() => server.close());
  const folder = await folderWith({
    file: 'x\n',
    '.gitconfig': '[credential]\n\thelper = "!f() { echo username=ada; echo password=word; }; f"\n',
  });
  t.after(() => rm(folder, { recursive: true, force: true }));
  const home = process.env.HOME;
  process.env.HOME = folder;
  t.after(() => {
    process.env.HOME = home;
  });
  const landed = await gitferry(folder, 'land', '--repository', server.url, '--branch', 'main', '--put', 'x=file');
  assert.equal(landed.status, 0, landed.err);
  assert.deepEqual([...(await server.repository.list()).keys()], ['a.txt', 'x']);
});
