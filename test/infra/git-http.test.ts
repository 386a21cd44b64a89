import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

/** Goes on writing when it is told to end, as what git has started does where git itself is ended before it can pass that on. */
const GIT = `#!/bin/sh
trap '' TERM
printf 'Content-Type: text/plain\\r\\n\\r\\n'
exec yes
`;

test('what git has started ends when a client hangs up in the middle of an answer', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-git-http-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'git'), GIT, { mode: 0o755 });
  // What does not end by itself is ended then, which fails.
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'hang-up.ts'), folder], { timeout: 20_000 });
});
