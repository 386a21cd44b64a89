import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What stands at a path: a text, bytes, or bytes with a mode (100755, 120000, 160000 with an oid as text). */
export type Content = string | Uint8Array | { readonly mode: string; readonly bytes: string | Uint8Array };

/** Contents by path; null removes. */
export type Files = Readonly<Record<string, Content | null>>;

const CLEAN = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
};

/** A bare repository in a folder of its own, driven by native git. */
export interface GitRepository {
  /** The folder that holds `main.git`. */
  readonly root: string;
  readonly dir: string;
  /** Runs git in the repository; answers what it printed, without the last newline. */
  git(...args: string[]): Promise<string>;
  /** The same, with bytes on its standard input, and bytes out. */
  gitBytes(input: Uint8Array, ...args: string[]): Promise<Buffer>;
  /** Commits as a person would, on top of the branch; answers the new commit's id. */
  commit(files: Files, branch?: string, message?: string): Promise<string>;
  /** `path -> mode oid` of everything below the tip. */
  list(ref?: string): Promise<ReadonlyMap<string, string>>;
  remove(): Promise<void>;
}

function quoted(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** One commit as `git fast-import` wants it. */
function script(files: Files, branch: string, message: string, from: string | null): Buffer {
  const parts: (string | Uint8Array)[] = [
    `commit refs/heads/${branch}\ncommitter Ada <ada@example.org> 1700000000 +0000\n`,
    `data ${Buffer.byteLength(message)}\n${message}\n`,
    from === null ? '' : `from ${from}\n`,
  ];
  for (const [path, content] of Object.entries(files)) {
    if (content === null) {
      parts.push(`D ${quoted(path)}\n`);
      continue;
    }
    const plain = typeof content === 'string' || content instanceof Uint8Array;
    const { mode, bytes } = plain ? { mode: '100644', bytes: content } : content;
    if (mode === '160000') parts.push(`M 160000 ${bytes} ${quoted(path)}\n`);
    else parts.push(`M ${mode} inline ${quoted(path)}\ndata ${Buffer.from(bytes).length}\n`, Buffer.from(bytes), '\n');
  }
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

/** Makes a bare repository; without files it stays empty. `format` is git's object format. */
export async function makeRepository(files?: Files, format: 'sha1' | 'sha256' = 'sha1'): Promise<GitRepository> {
  const root = await mkdtemp(join(tmpdir(), 'gitferry-git-'));
  const dir = join(root, 'main.git');
  await mkdir(dir);

  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('git', args, { cwd: dir, env: CLEAN, maxBuffer: 2 ** 28 });
    return stdout.replace(/\n$/u, '');
  };

  const gitBytes = (input: Uint8Array, ...args: string[]): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const child = spawn('git', args, { cwd: dir, env: CLEAN });
      const out: Buffer[] = [];
      const words: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => words.push(chunk));
      child.stdin.on('error', () => {});
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) resolve(Buffer.concat(out));
        else reject(new Error(`git ${args[0]} ended with ${code}: ${Buffer.concat(words)}`));
      });
      child.stdin.end(input);
    });

  const commit = async (edits: Files, branch = 'main', message = 'Change'): Promise<string> => {
    const ref = `refs/heads/${branch}`;
    const from = (await git('for-each-ref', '--format=%(objectname)', ref)) || null;
    await gitBytes(
      script(edits, branch, message, from),
      'fast-import',
      '--quiet',
      '--force',
      '--date-format=raw-permissive',
    );
    return git('rev-parse', ref);
  };

  const list = async (ref = 'refs/heads/main'): Promise<ReadonlyMap<string, string>> => {
    const lines = (await git('ls-tree', '-r', '-z', ref)).split('\0').filter((line) => line !== '');
    return new Map(
      lines.map((line) => {
        const [about = '', path = ''] = line.split('\t');
        const [mode, , oid] = about.split(' ');
        return [path, `${mode} ${oid}`];
      }),
    );
  };

  await git('init', '--quiet', '--bare', '--initial-branch=main', `--object-format=${format}`, '.');
  if (files !== undefined) await commit(files, 'main', 'Begin');
  return { root, dir, git, gitBytes, commit, list, remove: () => rm(root, { recursive: true, force: true }) };
}
