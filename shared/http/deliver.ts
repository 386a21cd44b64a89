import { type FerryError, Retryable, Stalled } from '../errors.ts';
import { agentOf } from './agent.ts';
import { exchange } from './exchange.ts';
import { certificateFault, codeOf, retryAfter } from './fault.ts';

/** A message to somebody who has only to take note of it. */
export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Milliseconds until an answer must have come. */
  readonly patience: number;
}

/** How it is told that a message did not arrive. */
export interface Failing {
  /** Whoever it is for, without secrets: an address may be one. */
  readonly who: string;
  /** The reason for what may pass. */
  readonly undelivered: string;
  /** The reason for what only a person can mend. */
  readonly refused: string;
  readonly hint: string;
}

const AGAIN = 'It will be tried again.';

/**
 * Posts a message, and wants no more of the answer than that it was taken; redirects are not followed.
 * @throws Retryable and Stalled with the reasons given; Stalled CertificateRefused.
 */
export async function deliver({ url, headers, body, patience }: Delivery, failing: Failing): Promise<void> {
  const answer = await exchange({
    url,
    method: 'POST',
    headers: { 'user-agent': 'gitferry', ...headers },
    body,
    agent: agentOf(new URL(url).protocol, undefined),
    patience,
    explain: (error, late) => unanswered(error, late, failing),
  });
  // What it says does not matter, and may be as long as it likes.
  answer.abort();
  if (answer.status < 200 || answer.status >= 300) throw refusal(answer.status, answer.headers, failing);
}

function unanswered(error: unknown, late: boolean, { who, undelivered }: Failing): FerryError {
  const code = codeOf(error);
  if (late) return new Retryable(undelivered, `${who} did not answer in time.`, { hint: AGAIN });
  const words = `The connection to ${who} failed (${code || 'no code'}).`;
  return certificateFault(code, who) ?? new Retryable(undelivered, words, { hint: AGAIN });
}

function refusal(
  status: number,
  headers: Readonly<Record<string, string>>,
  { who, undelivered, refused, hint }: Failing,
): FerryError {
  const after = retryAfter(headers, Date.now());
  const facts = { who, status };
  // GitHub says so of a limit that is spent.
  const spent = status === 403 && (headers['x-ratelimit-remaining'] === '0' || after !== undefined);
  if (status >= 500 || status === 408 || status === 429 || spent) {
    const about = { hint: AGAIN, facts, ...(after === undefined ? {} : { retryAfter: after }) };
    return new Retryable(undelivered, `${who} answered with status ${status}.`, about);
  }
  return new Stalled(refused, `${who} refused the message with status ${status}.`, { hint, facts });
}
