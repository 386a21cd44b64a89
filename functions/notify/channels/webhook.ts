import { createHash } from 'node:crypto';
import { webhookSignature } from '../../../shared/trust/hmac.ts';
import { post } from '../post.ts';
import type { Channel } from './channel.ts';

/** An address that takes JSON; docs/notifications.md shows how it finds out that this is from gitferry. */
export function webhookChannel({ url, secret }: { url: string; secret: string }, now: () => Date): Channel {
  return {
    // An address may hold a secret in its path.
    id: `webhook-${createHash('sha256').update(url).digest('hex').slice(0, 16)}`,
    async send({ type, detail }, { severity, subject, text }, key) {
      const body = JSON.stringify({ id: key, type, severity, subject, text, detail });
      const signature = webhookSignature(secret, body, Math.floor(now().getTime() / 1000));
      await post(`The webhook of ${new URL(url).host}`, url, body, { 'x-gitferry-signature': signature });
    },
  };
}
