import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleCommandLine } from '../../infra/build.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-bundle-'));
});
after(() => rm(folder, { recursive: true }));

test('the command line is one file that runs by itself', async () => {
  const file = join(folder, 'gitferry.cjs');
  await bundleCommandLine(root, file);
  const { stdout } = await promisify(execFile)(process.execPath, [file, '--help'], { cwd: folder });
  assert.match(stdout, /validate.*put.*replay.*log/su);
  // Each AWS client stands in it whole, as text, and openpgp. Zod alone is 450 kB unless it is imported as a namespace.
  assert.ok((await stat(file)).size < 3_000_000);
});
