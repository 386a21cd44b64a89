import { type FerryError, Retryable, Stalled } from '../errors.ts';
import { certificateFault, codeOf, retryAfter } from '../http/fault.ts';

const AGAIN = 'It will be tried again.';

/** What an answer's status means for the work; null when the answer is fine. `host` and `where` are free of secrets. */
export function faultOfStatus(
  status: number,
  headers: Readonly<Record<string, string>>,
  host: string,
): FerryError | null {
  const after = retryAfter(headers, Date.now());
  const wait = after === undefined ? {} : { retryAfter: after };
  const facts = { host, status };
  if (status === 200) return null;
  if (status === 401) {
    return new Stalled('CredentialsRefused', `The Git server ${host} refuses the credentials.`, {
      hint: 'Renew the token or password that gitferry is configured with.',
      facts,
    });
  }
  if (status === 429 || (status === 403 && (after !== undefined || headers['x-ratelimit-remaining'] === '0'))) {
    return new Retryable('RateLimited', `The Git server ${host} asks to slow down.`, { hint: AGAIN, facts, ...wait });
  }
  if (status === 403) {
    return new Stalled('AccessDenied', `The Git server ${host} does not allow this with the given credentials.`, {
      hint: 'Give the account of gitferry write access to the repository.',
      facts,
    });
  }
  if (status === 404 || status === 410) {
    return new Stalled('RepositoryNotFound', `The Git server ${host} has no such repository, or hides it.`, {
      hint: 'Check the repository’s URL, and that the credentials may see it.',
      facts,
    });
  }
  if (status === 413) {
    return new Stalled('PushTooLarge', `The Git server ${host} refuses a request of this size.`, {
      hint: 'Raise the limit of the server or of the proxy before it.',
      facts,
    });
  }
  if (status === 408 || status >= 500) {
    return new Retryable('ServerUnavailable', `The Git server ${host} answered with status ${status}.`, {
      hint: AGAIN,
      facts,
      ...wait,
    });
  }
  return new Stalled('AnswerUnexpected', `The Git server ${host} answered with status ${status}.`, {
    hint: 'Check that the URL is that of a Git repository over HTTP.',
    facts,
  });
}

/** Answers of a log-in page or a proxy look fine but for their type. */
export function faultOfType(type: string | undefined, expected: string, host: string): Stalled | null {
  if (type?.split(';')[0]?.trim().toLowerCase() === expected) return null;
  return new Stalled('NotAGitServer', `${host} answered with a page instead of Git’s protocol.`, {
    hint: 'Check the repository’s URL and the credentials: hosts send a log-in page when these are missing or wrong.',
    facts: { host, type: type?.slice(0, 100) ?? '' },
  });
}

/** What a broken connection means; `sentence` must be free of secrets. */
export function faultOfConnection(error: unknown, host: string): FerryError {
  const code = codeOf(error);
  const refused = certificateFault(code, host);
  if (refused !== null) return refused;
  return new Retryable('ServerUnreachable', `The connection to ${host} failed (${code || 'no code'}).`, {
    hint: AGAIN,
    facts: { host, code },
  });
}
