import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** Someone whom the API server lets in, with no more rights than RBAC gives. */
export interface User {
  readonly name: string;
  readonly groups?: readonly string[];
}

export interface KnownUser extends User {
  readonly token: string;
}

/** The group that may do everything, whatever RBAC says. */
export const MASTERS = 'system:masters';

export function withToken(user: User): KnownUser {
  return { ...user, token: randomBytes(24).toString('base64url') };
}

/** The API server's file of tokens: `token,name,uid,"group,group"` a line. */
export async function writeTokens(path: string, users: readonly KnownUser[]): Promise<void> {
  const lines = users.map(({ token, name, groups = [] }) => `${token},${name},${name},"${groups.join(',')}"\n`);
  await writeFile(path, lines.join(''), { mode: 0o600 });
}

/** Writes the kubeconfig of a user, `<name>.kubeconfig`, and answers its path. */
export async function writeKubeconfig(
  folder: string,
  { server, ca }: { readonly server: string; readonly ca: string },
  { name, token }: KnownUser,
): Promise<string> {
  const path = join(folder, `${name.replaceAll(/[^\w.-]/gu, '-')}.kubeconfig`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: name } }],
    'current-context': 'test',
  };
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}
