import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { start } from './process.ts';

/** A program that says its number and then does nothing. */
const IDLE = ['-c', 'echo $$; exec sleep 600'];

async function logs(t: { after(end: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-process-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function pidIn(folder: string): Promise<number> {
  for (;;) {
    const said = await readFile(join(folder, 'idle.log'), 'utf8').catch(() => '');
    if (said.endsWith('\n')) return Number(said);
    await delay(20);
  }
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function ends(pid: number): Promise<void> {
  while (lives(pid)) await delay(20);
}

test('a part ends when it is stopped', async (t) => {
  const folder = await logs(t);
  const running = await start({ name: 'idle', program: 'sh', args: IDLE, logs: folder });
  const pid = await pidIn(folder);
  assert.ok(lives(pid));
  await running.stop();
  await ends(pid);
});

test('a part ends when the process that started it is killed', async (t) => {
  const folder = await logs(t);
  const code = `
    const { start } = await import(${JSON.stringify(join(import.meta.dirname, 'process.ts'))});
    await start({ name: 'idle', program: 'sh', args: ${JSON.stringify(IDLE)}, logs: ${JSON.stringify(folder)} });
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
  const pid = await pidIn(folder);
  assert.ok(lives(pid));
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  await ends(pid);
});

test('a part that ends by itself says with what, and shows the end of its log', async (t) => {
  const folder = await logs(t);
  const running = await start({ name: 'idle', program: 'sh', args: ['-c', 'echo no room; exit 7'], logs: folder });
  await assert.rejects(running.ended, /exit code 7.+\nno room$/u);
});
