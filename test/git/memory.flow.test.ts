import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type GitRepository, makeRepository } from '../servers/git-repository.ts';
import { startGitServer } from '../servers/git-server.ts';

const MEBIBYTE = 2 ** 20;
const child = fileURLToPath(new URL('./memory-child.ts', import.meta.url));

let repository: GitRepository;
before(async () => {
  repository = await makeRepository({ 'large/object.bin': Buffer.alloc(90 * MEBIBYTE, 'not all alike; ') });
  // A folder of 100,000 entries, written as the tree that it is.
  const blob = Buffer.from(await repository.git('rev-parse', 'main:large/object.bin'), 'hex');
  const names = Array.from({ length: 100_000 }, (_, i) => `chart-${String(i).padStart(6, '0')}.tgz`);
  const tree = Buffer.concat(names.flatMap((name) => [Buffer.from(`100644 ${name}\0`), blob]));
  const wide = (await repository.gitBytes(tree, 'hash-object', '-t', 'tree', '-w', '--stdin')).toString().trim();
  const lines = `${await repository.git('ls-tree', 'main')}\n040000 tree ${wide}\twide\n`;
  const root = (await repository.gitBytes(Buffer.from(lines), 'mktree')).toString().trim();
  const tip = await repository.git('commit-tree', root, '-p', 'main', '-m', 'Wide');
  await repository.git('update-ref', 'refs/heads/main', tip);
});
after(() => repository.remove());

async function memoryOf(url: string, ...args: string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, url, ...args]);
  return Number(stdout);
}

test('beside 90 MB, in a folder of 100,000 entries, and with a file of 90 MB: under 256 MiB', async () => {
  const server = await startGitServer(repository, { filter: false });
  try {
    const blob = await repository.git('rev-parse', 'main:large/object.bin');
    const cases = [['large/new.txt'], ['wide/new.txt'], ['new.txt', blob]];
    for (const [at, most] of (await Promise.all(cases.map((args) => memoryOf(server.url, ...args)))).entries()) {
      assert.ok(most < 256 * MEBIBYTE, `${cases[at]?.[0]}: ${most}`);
    }
  } finally {
    await server.close();
  }
});
