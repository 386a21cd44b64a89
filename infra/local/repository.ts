import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { gitHttp } from './git-http.ts';

/** Runs git with a fixed identity and no configuration of the user's; answers what it printed. */
export function git(folder: string, args: readonly string[], input: string | Uint8Array = ''): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', HOME: folder, LC_ALL: 'C.UTF-8', GIT_CONFIG_NOSYSTEM: '1' };
  return new Promise((done, fail) => {
    const child = spawn('git', args, { cwd: folder, env });
    const [out, words]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => words.push(chunk));
    child.stdin.on('error', () => {});
    child.on('error', (cause) => fail(new Error('git can not be started; install it.', { cause })));
    child.on('close', (code) => {
      if (code === 0) done(Buffer.concat(out).toString());
      else fail(new Error(`git ${args[0]} ended with ${code}: ${Buffer.concat(words)}`));
    });
    child.stdin.end(input);
  });
}

/** A first commit as `git fast-import` reads it; always the same bytes for the same files. */
function firstCommit(branch: string, files: ReadonlyMap<string, Uint8Array>): Buffer {
  const message = 'Begin the main repository';
  const parts = [...files].flatMap(([path, bytes]) => [
    Buffer.from(`M 100644 inline ${path}\ndata ${bytes.length}\n`),
    Buffer.from(bytes),
    Buffer.from('\n'),
  ]);
  const head = `commit refs/heads/${branch}\ncommitter gitferry <gitferry@localhost> 1767225600 +0000\n`;
  return Buffer.concat([Buffer.from(`${head}data ${message.length}\n${message}\n`), ...parts]);
}

/** Makes a bare repository with one commit unless it is there. Answers whether it was made. */
export async function makeRepository(
  path: string,
  branch: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<boolean> {
  if (existsSync(path)) return false;
  // Under another name until it is whole: a start that was interrupted must not leave half a repository.
  const unfinished = `${path}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await git(unfinished, ['init', '--quiet', '--bare', `--initial-branch=${branch}`, '.']);
  await git(unfinished, ['fast-import', '--quiet'], firstCommit(branch, files));
  await rename(unfinished, path);
  return true;
}

/** Serves the repositories of a folder by `git http-backend` on the loopback interface. */
export async function serveRepositories(folder: string): Promise<{ readonly url: string; close(): Promise<void> }> {
  const config = { 'uploadpack.allowFilter': 'true', 'receive.fsckObjects': 'true' };
  const server = createServer(gitHttp({ root: folder, config }, process.env.PATH ?? ''));
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const { port: taken } = server.address() as { port: number };
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${taken}`, close };
}
