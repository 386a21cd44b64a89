import { Stalled } from '../errors.ts';

/** What a Git server lets us in by. */
export type Credentials = { readonly token: string } | { readonly username: string; readonly password: string };

/** What may stand in a header. Two fields are checked by hand: a schema would be all that `gitferry land` loads zod for. */
function isLine(value: unknown): value is string {
  return typeof value === 'string' && !/\p{Cc}/u.test(value);
}

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
    const { token, username, password } = JSON.parse(secret) as Readonly<Record<string, unknown>>;
    if (isLine(token) && token !== '') return { token };
    if (isLine(username) && username !== '' && isLine(password)) return { username, password };
  } catch {
    // No JSON, or no object: told below, without its text.
  }
  throw new Stalled('CredentialsUnusable', 'The secret with the Git credentials can’t be read.', {
    hint: 'Set its value to {"token": "…"} or {"username": "…", "password": "…"}.',
  });
}

/** The `Authorization` header. GitHub and GitLab take a token as the password of any user name; GitHub names this one. */
export function authorizationOf(credentials: Credentials): string {
  const { username, password } =
    'token' in credentials ? { username: 'x-access-token', password: credentials.token } : credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
