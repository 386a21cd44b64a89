import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { takeLock } from '../../infra/local/lock.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-lock-'));
});
after(() => rm(folder, { recursive: true }));

it('is held by one at a time', async () => {
  const path = join(folder, 'one');
  const first = await takeLock(path);
  assert.equal(await takeLock(path), null);
  await first?.release();
  const second = await takeLock(path);
  assert.notEqual(second, null);
  await second?.release();
});

it('is free again when its process was killed', async () => {
  const path = join(folder, 'killed');
  const module = join(import.meta.dirname, '../../infra/local/lock.ts');
  const script = `const { takeLock } = await import(process.argv[1]); await takeLock(process.argv[2]); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, module, path]);
  await once(child.stdout, 'data');
  assert.equal(await takeLock(path), null);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await takeLock(path);
  assert.notEqual(lock, null);
  await lock?.release();
});
