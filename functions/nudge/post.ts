import { type FerryError, Retryable, Stalled } from '../../shared/errors.ts';
import { agentOf } from '../../shared/http/agent.ts';
import { exchange } from '../../shared/http/exchange.ts';
import { certificateFault, codeOf, retryAfter } from '../../shared/http/fault.ts';
import type { Message } from './ways.ts';

/** Milliseconds: whoever is told has only to take note of it. */
const LONGEST = 10_000;
const AGAIN = 'It will be tried again.';

/**
 * Hands a message over. Its address may be a secret: no error says more of it than its host.
 * @throws Retryable NudgeUndelivered; Stalled NudgeRefused, CertificateRefused
 */
export async function post({ url, headers, body }: Message, name: string, left: () => number): Promise<void> {
  const answer = await exchange({
    url,
    method: 'POST',
    headers: { ...headers, 'user-agent': 'gitferry' },
    body,
    agent: agentOf(new URL(url).protocol, undefined),
    patience: Math.min(left(), LONGEST),
    explain: (error, late) => broken(error, late, name),
  });
  // What it says does not matter, and may be as long as it likes.
  answer.abort();
  const { status } = answer;
  if (status >= 200 && status < 300) return;
  const facts = { way: name, status };
  if (status >= 500 || status === 408 || status === 429) {
    const after = retryAfter(answer.headers, Date.now());
    const about = { hint: AGAIN, facts, ...(after === undefined ? {} : { retryAfter: after }) };
    throw new Retryable('NudgeUndelivered', `${name} answered with status ${status}.`, about);
  }
  throw new Stalled('NudgeRefused', `${name} refused to be told of a landing (status ${status}).`, {
    hint: 'Check its address and its secret in GITFERRY_NUDGE_SECRET; redirects are not followed.',
    facts,
  });
}

function broken(error: unknown, late: boolean, name: string): FerryError {
  const code = codeOf(error);
  if (late) return new Retryable('NudgeUndelivered', `${name} did not answer in time.`, { hint: AGAIN });
  return (
    certificateFault(code, name) ??
    new Retryable('NudgeUndelivered', `The connection to ${name} failed (${code || 'no code'}).`, { hint: AGAIN })
  );
}
