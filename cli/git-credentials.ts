import { authorizationOf, loadCredentials } from '../shared/config/credentials.ts';
import type { Credentials } from '../shared/git/http.ts';

/** What `git credential fill` knows about the repository, without asking anyone; null where there is no git or no answer. */
async function fill(url: URL): Promise<{ readonly username: string; readonly password: string } | null> {
  const { spawn } = await import('node:child_process');
  return new Promise((resolve) => {
    const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true', SSH_ASKPASS: 'true' };
    const git = spawn('git', ['credential', 'fill'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
    let out = '';
    git.stdout.on('data', (chunk) => {
      out += chunk;
    });
    git.stdin.on('error', () => {});
    git.on('error', () => resolve(null));
    git.on('close', () => {
      const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'mu').exec(out)?.[1] ?? '';
      const [username, password] = [value('username'), value('password')];
      resolve(password === '' ? null : { username, password });
    });
    const path = url.pathname.slice(1);
    git.stdin.end(`protocol=${url.protocol.slice(0, -1)}\nhost=${url.host}\npath=${path}\n\n`);
  });
}

/**
 * Credentials of the environment; else none at first, since many repositories need none, and those of git's credential
 * helper once the server has asked.
 */
export function findCredentials(repository: string, env: Readonly<Record<string, string | undefined>>): Credentials {
  const given = loadCredentials(env);
  let asked = false;
  return async () => {
    if (given !== null) return { authorization: authorizationOf(given) };
    const found = asked ? await fill(new URL(repository)) : null;
    asked = true;
    return found === null ? null : { authorization: authorizationOf(found) };
  };
}
