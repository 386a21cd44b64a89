import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Resource } from '../follow.ts';

/** A branch's newest commit, in a repository beside. */
export interface Head {
  /** Of a bare repository that has it. */
  readonly repository: string;
  readonly oid: string;
  /** As Flux writes revisions: `main@sha1:<oid>`. */
  readonly revision: string;
}

async function git(repository: string, args: readonly string[], secret: Record<string, string> = {}): Promise<string> {
  const env = {
    ...{ PATH: process.env.PATH, HOME: repository, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' },
    ...secret,
  };
  const { stdout } = await promisify(execFile)('git', ['-C', repository, ...args], { env, timeout: 60_000 });
  return stdout.trim();
}

/** Sent as a header by way of the environment, where no other user of the machine reads it. */
function authorization(secret: Resource | null): Record<string, string> {
  const read = (key: string) => Buffer.from(String(secret?.data?.[key] ?? ''), 'base64').toString();
  if (secret === null) return {};
  const basic = `Basic ${Buffer.from(`${read('username')}:${read('password')}`).toString('base64')}`;
  const header = secret.data?.bearerToken === undefined ? basic : `Bearer ${read('bearerToken')}`;
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'http.extraHeader',
    GIT_CONFIG_VALUE_0: `Authorization: ${header}`,
  };
}

/** Fetches the branch of a GitRepository, or the commit or tag that it names, into a folder of its own. */
export async function fetchHead(source: Resource, secret: Resource | null, folder: string): Promise<Head> {
  const repository = join(folder, source.metadata.uid ?? source.metadata.name);
  const there = await access(join(repository, 'HEAD')).then(
    () => true,
    () => false,
  );
  if (!there) {
    await mkdir(repository, { recursive: true });
    await git(repository, ['init', '--quiet', '--bare']);
  }
  const { branch = 'master', tag, commit } = source.spec.ref ?? {};
  const name = tag ?? branch;
  const remote = commit ?? (tag === undefined ? `refs/heads/${branch}` : `refs/tags/${tag}`);
  const what = ['--quiet', '--depth=1', '--no-tags', '--', source.spec.url, `+${remote}:refs/gitferry/head`];
  await git(repository, ['fetch', ...what], authorization(secret));
  const oid = await git(repository, ['rev-parse', 'refs/gitferry/head^{commit}']);
  return { repository, oid, revision: `${name}@sha1:${oid}` };
}

/** The commit's files as tar.gz; the tree is named instead of the commit, whose extra header Flux does not read. */
export async function pack({ repository, oid }: Head, to: string): Promise<void> {
  await git(repository, ['archive', '--format=tar.gz', `--output=${to}`, `${oid}^{tree}`]);
}
