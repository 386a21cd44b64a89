import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { faultOf } from './parameters.ts';

/**
 * The https address of what a folder was cloned from, without credentials; undefined where it is no clone, or one of
 * gitferry itself.
 */
export async function originOf(folder: string): Promise<string | undefined> {
  if (existsSync(join(folder, 'serverless.yml'))) return undefined;
  const address = await new Promise<string>((resolve) => {
    execFile('git', ['-C', folder, 'config', '--get', 'remote.origin.url'], (error, out) => {
      resolve(error === null ? out.trim() : '');
    });
  });
  const https = asHttps(address);
  return https !== '' && faultOf('repository', https) === null ? https : undefined;
}

/** `git@github.com:acme/fleet.git` and `ssh://git@github.com/acme/fleet` are the same repository as by https. */
export function asHttps(address: string): string {
  const [, host, path] =
    /^ssh:\/\/(?:[^@/]+@)?([^/:]+)(?::\d+)?\/(.+)$/u.exec(address) ??
    /^[^@/:]+@([^/:]+):(?!\/\/)(.+)$/u.exec(address) ??
    [];
  if (host !== undefined && path !== undefined) return `https://${host}/${path}`;
  const url = URL.parse(address);
  return url?.protocol === 'https:' ? `https://${url.host}${url.pathname}` : '';
}
