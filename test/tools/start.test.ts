import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { lacking } from './programs.ts';

const execute = promisify(execFile);
const MAIN = join(import.meta.dirname, '../../infra/local/main.ts');
const PATIENCE = 60_000;

const skip = await lacking('docker-registry', 'skopeo');

describe('npm start, with a registry', { skip, timeout: 3 * PATIENCE }, () => {
  let folder: string;
  let child: ChildProcessByStdio<null, Readable, Readable>;
  let printed: string;

  /** Starts it and resolves when it printed this; without words, when it ended. */
  async function start(words: RegExp | null, ...args: string[]): Promise<void> {
    printed = '';
    child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (printed += chunk));
    if (words === null) await once(child, 'close');
    else await until(words);
  }

  async function until(words: RegExp): Promise<void> {
    for (const deadline = Date.now() + PATIENCE; !words.test(printed); await delay(20))
      if (child.exitCode !== null || Date.now() > deadline) assert.match(printed, words);
  }

  async function stop(): Promise<void> {
    child.kill('SIGINT');
    await once(child, 'close');
  }

  const deployment = async (): Promise<string> =>
    (await execute('git', ['show', 'main:apps/greeter/deployment.yaml'], { cwd: join(folder, '.gitferry/main.git') }))
      .stdout;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gitferry-start-'));
  });
  afterEach(async () => {
    if (child.exitCode === null && child.signalCode === null) await stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('lands the image that it pushes, then one that skopeo does, and has the same address the next time', async () => {
    await start(/Ctrl-C/u);
    const [, host = ''] = /registry +(127\.0\.0\.1:\d+)/u.exec(printed) ?? [];
    const about = JSON.parse(await readFile(join(folder, '.gitferry/run.json'), 'utf8'));
    assert.equal(about.endpoints.registry, `http://${host}`);
    assert.match(
      printed,
      new RegExp(`landed +${host}/greeter:1\\.1\\.0 +[0-9a-f]{7} .*Release greeter 1\\.1\\.0`, 'u'),
    );
    assert.match(await deployment(), new RegExp(`image: ${host}/greeter:1\\.1\\.0@sha256:[0-9a-f]{64} `, 'u'));

    const [command = ''] = /skopeo copy .*/u.exec(printed) ?? [];
    await execute('sh', ['-c', command]);
    await until(/landed +\S+\/greeter:1\.2\.0/u);
    assert.match(await deployment(), /greeter:1\.2\.0@sha256:/u);
    await stop();
    assert.equal(child.exitCode, 0, printed);

    await start(null, '--once');
    assert.equal(child.exitCode, 0, printed);
    assert.match(printed, new RegExp(`registry +${host}\n`, 'u'));
    assert.match(printed, /landed in an earlier run/u);
    assert.match(await deployment(), /greeter:1\.2\.0@sha256:/u);
  });

  it('says which port is taken that the main repository names', async () => {
    await start(null, '--once', '--no-demo');
    const port = Number(await readFile(join(folder, '.gitferry/registry/port'), 'utf8'));
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      await start(null, '--once');
      assert.equal(child.exitCode, 1);
      assert.match(printed, new RegExp(`port ${port} is taken`, 'u'));
    } finally {
      other.close();
    }
  });

  it('says that a repository from a run without one names no images of it', async () => {
    await start(null, '--once', '--no-demo', '--no-registry');
    await start(/Ctrl-C/u);
    assert.match(printed, /from a run without one/u);
    assert.doesNotMatch(printed, /received.*greeter/u);
    await stop();
  });
});
