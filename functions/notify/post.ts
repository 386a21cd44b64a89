import { deliver } from '../../shared/http/deliver.ts';

/** Milliseconds until an answer must have come: a channel that is slow must not hold up the others for long. */
const PATIENCE = 10_000;

/**
 * Posts JSON to a channel. `who`: the channel as it may be told, without secrets.
 * @throws Retryable ChannelUnavailable; Stalled ChannelRefused, CertificateRefused.
 */
export async function post(
  who: string,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  await deliver(
    {
      url,
      headers: { 'content-type': 'application/json', ...headers },
      body: Buffer.from(body),
      patience: PATIENCE,
    },
    {
      who,
      undelivered: 'ChannelUnavailable',
      refused: 'ChannelRefused',
      hint: 'Check its address, its token and what that may do.',
    },
  );
}
