import * as z from 'zod';
import { Stalled } from '../errors.ts';

/** What a Git server lets us in by. */
export type Credentials = z.infer<typeof schema>;

const line = z.string().regex(/^[^\p{Cc}]+$/u);
const schema = z.union([
  z.object({ token: line }),
  z.object({ username: line, password: z.string().regex(/^[^\p{Cc}]*$/u) }),
]);

/** Credentials from the environment, null where it has none. */
export function loadCredentials(env: Readonly<Record<string, string | undefined>>): Credentials | null {
  const { GITFERRY_GIT_TOKEN: token, GITFERRY_GIT_USERNAME: username, GITFERRY_GIT_PASSWORD: password } = env;
  if (token) return { token };
  return username && password ? { username, password } : null;
}

/**
 * Reads the value of a secret: `{"token"}` or `{"username", "password"}`.
 * @throws Stalled CredentialsUnusable, which never repeats any of it.
 */
export function parseCredentials(secret: string): Credentials {
  try {
    return schema.parse(JSON.parse(secret));
  } catch {
    throw new Stalled('CredentialsUnusable', 'The secret with the Git credentials can’t be read.', {
      hint: 'Set its value to {"token": "…"} or {"username": "…", "password": "…"}.',
    });
  }
}

/** The `Authorization` header. GitHub and GitLab take a token as the password of any user name; GitHub names this one. */
export function authorizationOf(credentials: Credentials): string {
  const { username, password } =
    'token' in credentials ? { username: 'x-access-token', password: credentials.token } : credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
