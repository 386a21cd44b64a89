import type { HostAccess } from '../../shared/config/notify.ts';

/** How a kind of Git host is asked to show the state of a commit, and where it shows commits. */
export interface Host {
  readonly kind: 'github' | 'gitlab';
  /** The address that people open, without a slash at its end. */
  readonly url: string;
  /** `acme/fleet`; on GitLab there may be more folders before it. */
  readonly project: string;
  readonly token: string | null;
}

const PUBLIC = { github: 'https://github.com', gitlab: 'https://gitlab.com' } as const;

/** The Git host that the repository is on, when it is a public one or one that is configured; null for any other. */
export function hostOf(
  repository: string,
  access: { readonly github?: HostAccess | undefined; readonly gitlab?: HostAccess | undefined },
): Host | null {
  const address = URL.parse(repository);
  if (address === null) return null;
  for (const kind of ['github', 'gitlab'] as const) {
    const url = (access[kind]?.url ?? PUBLIC[kind]).replace(/\/+$/u, '');
    const base = new URL(url);
    const root = `${base.pathname.replace(/\/$/u, '')}/`;
    if (base.host !== address.host || !address.pathname.startsWith(root)) continue;
    const project = address.pathname
      .slice(root.length)
      .replace(/\/+$/u, '')
      .replace(/\.git$/u, '');
    if (!/^[\w.-]+(?:\/[\w.-]+)+$/u.test(project)) continue;
    return { kind, url, project, token: access[kind]?.token ?? null };
  }
  return null;
}

export function commitUrl({ kind, url, project }: Host, oid: string): string {
  return kind === 'github' ? `${url}/${project}/commit/${oid}` : `${url}/${project}/-/commit/${oid}`;
}
