import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Of this process alone, so that nobody can choose what is compared. */
const KEY = randomBytes(32);

/**
 * Whether a text is one of the secrets. What is compared are digests of one length, and every secret is, so that the time
 * it takes says neither which one was nearly right, nor how much of it.
 */
export function isOneOf(text: string, secrets: readonly string[]): boolean {
  const given = hmac(KEY, text).digest();
  return secrets.map((secret) => timingSafeEqual(given, hmac(KEY, secret).digest())).includes(true);
}

/** The signature of bytes as webhooks carry it: `sha256=<hex>`. */
export function signatureOf(secret: string, bytes: Uint8Array): string {
  return `sha256=${hmac(secret, bytes).digest('hex')}`;
}

/**
 * The signature of a webhook that gitferry sends, `t=<seconds>,v1=<hex>`: over the time, a dot and the body, so that a
 * receiver can refuse what is old.
 */
export function webhookSignature(secret: string, body: string, seconds: number): string {
  return `t=${seconds},v1=${hmac(secret, `${seconds}.${body}`).digest('hex')}`;
}

function hmac(key: string | Uint8Array, data: string | Uint8Array) {
  return createHmac('sha256', key).update(data);
}
