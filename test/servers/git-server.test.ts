import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startGitServer } from './git-server.ts';

const run = promisify(execFile);

test('native git clones from the server and pushes to it', async (t) => {
  const server = await startGitServer({ 'a/b.txt': 'one\n', 'run.sh': { mode: '100755', bytes: 'exit 0\n' } });
  t.after(() => server.close());
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-clone-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const env = { ...process.env, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };

  await run('git', ['clone', '--quiet', '--filter=blob:none', server.url, '.'], { cwd: folder, env });
  await writeFile(join(folder, 'a', 'c.txt'), 'x'.repeat(2_000_000));
  await run('git', ['add', '.'], { cwd: folder, env });
  await run('git', ['-c', 'user.name=A', '-c', 'user.email=a@b', 'commit', '-qm', 'Two'], { cwd: folder, env });
  await run('git', ['-c', 'http.postBuffer=1', 'push', '--quiet', 'origin', 'main'], { cwd: folder, env });

  assert.deepEqual([...(await server.repository.list()).keys()], ['a/b.txt', 'a/c.txt', 'run.sh']);
});
