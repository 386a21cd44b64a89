import { Rejected } from '../../shared/errors.ts';
import { isOneOf, signatureOf } from '../../shared/trust/hmac.ts';
import type { Door, Header, Proof } from './door.ts';

const HINTS: Readonly<Record<Proof['kind'], string>> = {
  signature: 'Set the secret of the webhook to that of this door; signatures by SHA-1 do not count.',
  authorization: 'Send the secret of this door in the header Authorization.',
  token: 'Send the secret of this door in the header for it.',
  path: 'Send to /<door>/<secret>.',
};

/**
 * Lets those pass who know one of the door's secrets.
 * @throws Rejected CallerUnproven, which is the same whatever was wrong.
 */
export function prove(door: Door, secrets: readonly string[], header: Header, path: string, body: Uint8Array): void {
  const proven = door.proofs.map((proof) => holds(proof, secrets, header, path, body));
  if (!proven.includes(true))
    throw new Rejected('CallerUnproven', 'Nothing in this request shows that it may knock here.', {
      hint: door.proofs.map(({ kind }) => HINTS[kind]).join(' '),
    });
}

function holds(proof: Proof, secrets: readonly string[], header: Header, path: string, body: Uint8Array): boolean {
  if (proof.kind === 'path') return isAny([path, decoded(path)], secrets);
  if (proof.kind === 'authorization') return isAny(inAuthorization(header('authorization') ?? ''), secrets);
  const given = header(proof.header) ?? '';
  if (proof.kind === 'token') return isOneOf(given, secrets);
  const signatures = secrets.map((secret) => signatureOf(secret, body));
  return isOneOf(given, signatures);
}

function isAny(texts: readonly string[], secrets: readonly string[]): boolean {
  return texts.map((text) => isOneOf(text, secrets)).includes(true);
}

/** Function URLs give the path as it was sent; others decode it. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What may be the secret in a header `Bearer …`, `Basic …`, or without a scheme. */
function inAuthorization(value: string): readonly string[] {
  const [, scheme = '', rest = ''] = /^(\w+) +(\S+)$/u.exec(value) ?? [];
  if (scheme.toLowerCase() === 'bearer') return [rest];
  if (scheme.toLowerCase() !== 'basic') return [value];
  const pair = Buffer.from(rest, 'base64').toString();
  return [pair.slice(pair.indexOf(':') + 1)];
}
