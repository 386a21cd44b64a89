import { type FerryError, Retryable, Stalled } from '../../shared/errors.ts';
import { agentOf } from '../../shared/http/agent.ts';
import { exchange } from '../../shared/http/exchange.ts';
import { certificateFault, codeOf, retryAfter } from '../../shared/http/fault.ts';

/** Milliseconds until an answer must have come: a channel that is slow must not hold up the others for long. */
const PATIENCE = 10_000;

/**
 * Posts JSON and wants no more of the answer than that it was taken. `who`: the channel as it may be told, without secrets.
 * @throws Retryable ChannelUnavailable; Stalled ChannelRefused, CertificateRefused.
 */
export async function post(
  who: string,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const { protocol, host } = new URL(url);
  const answer = await exchange({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'gitferry', ...headers },
    body: Buffer.from(body),
    agent: agentOf(protocol, undefined),
    patience: PATIENCE,
    explain: (error, late) => unanswered(who, host, error, late),
  });
  answer.abort();
  if (answer.status >= 200 && answer.status < 300) return;
  throw refused(who, answer.status, answer.headers);
}

function unanswered(who: string, host: string, error: unknown, late: boolean): FerryError {
  const code = codeOf(error);
  const why = late ? 'no answer in time' : code;
  return certificateFault(code, host) ?? new Retryable('ChannelUnavailable', `${who} can’t be reached (${why}).`);
}

function refused(who: string, status: number, headers: Readonly<Record<string, string>>): FerryError {
  const seconds = retryAfter(headers, Date.now());
  const spent = headers['x-ratelimit-remaining'] === '0' || seconds !== undefined;
  if (status === 429 || status === 408 || status >= 500 || (status === 403 && spent))
    return new Retryable(
      'ChannelUnavailable',
      `${who} answered ${status}.`,
      seconds === undefined ? {} : { retryAfter: seconds },
    );
  return new Stalled('ChannelRefused', `${who} refused the message with the status ${status}.`, {
    hint: 'Check its address, its token and what that may do.',
  });
}
