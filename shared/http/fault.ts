import { Stalled } from '../errors.ts';

/** What a kept connection ends with when the other side gave it up since it was last used. */
const DIED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);

/** Seconds that `Retry-After` asks for, as a number or a date. */
export function retryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  const seconds = /^\d{1,9}$/u.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** What Node calls this failure of a connection (`ECONNREFUSED`); empty when it has no name for it. */
export function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? (error as Error | null)?.name ?? '');
}

/** Whether a request that may be repeated should be, because its connection was dead. */
export function isDead(code: unknown): boolean {
  return typeof code === 'string' && DIED.has(code);
}

/** A server that is not who it says it is; null for all other failures. */
export function certificateFault(code: string, host: string): Stalled | null {
  if (!/CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS/u.test(code)) return null;
  return new Stalled('CertificateRefused', `The certificate of ${host} can not be verified (${code}).`, {
    hint: 'Configure the certificate authority that issued it.',
    facts: { host, code },
  });
}
