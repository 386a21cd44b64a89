/** Hosts that speak SSH under another name than HTTPS. */
const ALIASES: Readonly<Record<string, string>> = {
  'ssh.github.com': 'github.com',
  'altssh.gitlab.com': 'gitlab.com',
  'altssh.bitbucket.org': 'bitbucket.org',
  'ssh.dev.azure.com': 'dev.azure.com',
};
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'https:': '443', 'http:': '80' };

interface Place {
  /** Null for SSH, whose port says nothing of the one of HTTPS. */
  readonly port: string | null;
  readonly at: string;
}

/**
 * Whether two addresses name one repository, as people and agents write them: by HTTPS or SSH, with or without user,
 * `.git` and a slash at the end, in whatever case (the hosts that tell names by their case alone are none).
 */
export function isSameRepository(one: string, other: string): boolean {
  const [a, b] = [placeOf(one), placeOf(other)];
  if (a === null || b === null) return false;
  return a.at === b.at && (a.port === null || b.port === null || a.port === b.port);
}

function placeOf(address: string): Place | null {
  if (address.length > 2048) return null;
  // `git@host:path`, as scp has it, is no URL.
  const scp = /^(?:[^@/:\s]+@)?(\[[^\]]+\]|[^@/:\s]+):(?!\/\/)(.+)$/u.exec(address);
  const url = URL.parse(scp === null ? address : `ssh://${scp[1]}/${scp[2]}`);
  if (url === null || !/^(?:https?|(?:git\+)?ssh|git):$/u.test(url.protocol)) return null;
  const host = url.hostname.toLowerCase().replace(/\.$/u, '');
  const path = pathOf(url.pathname);
  if (host === '' || path === null || path === '') return null;
  const name = ALIASES[host] ?? host;
  const web = DEFAULT_PORTS[url.protocol];
  // A port of plain HTTP is another one than that of HTTPS, but both stand for what SSH names without any.
  const port = web === undefined ? null : url.port || web;
  return { port: port === '80' ? '443' : port, at: `${name}/${name === 'dev.azure.com' ? azure(path) : path}` };
}

function pathOf(pathname: string): string | null {
  try {
    const path = decodeURIComponent(pathname).toLowerCase();
    return path
      .split('/')
      .filter((segment) => segment !== '')
      .join('/')
      .replace(/\.git$/u, '');
  } catch {
    return null;
  }
}

/** `v3/<organisation>/<project>/<repository>` by SSH, `<organisation>/<project>/_git/<repository>` by HTTPS. */
function azure(path: string): string {
  return path.replace(/^v3\//u, '').replace('/_git/', '/');
}
