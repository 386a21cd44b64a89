import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { WireReader } from './ssh-wire.ts';

const ARMOUR = /^-----BEGIN OPENSSH PRIVATE KEY-----\s([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*$/u;
const MAGIC = 'openssh-key-v1\0';

/** The key is sound, but locked. */
export class PassphraseNeeded extends Error {}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** A remainder that RSA keys in JWK form carry and OpenSSH's form leaves out. */
function remainder(number: Buffer, prime: Buffer): string {
  const value = BigInt(`0x${number.toString('hex')}`) % (BigInt(`0x${prime.toString('hex')}`) - 1n);
  const digits = value.toString(16);
  return base64url(Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex'));
}

const CURVES: Readonly<Record<string, string>> = { nistp256: 'P-256', nistp384: 'P-384', nistp521: 'P-521' };

/** The private part in JWK form; `reader` stands behind the key's type. */
function readPrivate(type: string, reader: WireReader): JsonWebKey {
  if (type === 'ssh-ed25519') {
    const x = reader.field();
    return { kty: 'OKP', crv: 'Ed25519', x: base64url(x), d: base64url(reader.field().subarray(0, 32)) };
  }
  if (type === 'ssh-rsa') {
    const [n, e, d, qi, p, q] = [1, 2, 3, 4, 5, 6].map(() => reader.mpint()) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    const numbers = { n, e, d, p, q, qi };
    const encoded = Object.fromEntries(Object.entries(numbers).map(([name, bytes]) => [name, base64url(bytes)]));
    return { kty: 'RSA', ...encoded, dp: remainder(d, p), dq: remainder(d, q) };
  }
  const crv = CURVES[type.replace(/^ecdsa-sha2-/u, '')];
  if (crv === undefined) throw new RangeError(`keys of type ${type.slice(0, 60)} are not supported`);
  reader.field();
  const point = reader.field();
  const half = (point.length - 1) / 2;
  const d = reader.mpint();
  const padded = Buffer.concat([Buffer.alloc(Math.max(0, half - d.length)), d]);
  return {
    kty: 'EC',
    crv,
    x: base64url(point.subarray(1, 1 + half)),
    y: base64url(point.subarray(1 + half)),
    d: base64url(padded),
  };
}

/** Whether a text is armoured as OpenSSH armours private keys. */
export function isOpenSshKey(pem: string): boolean {
  return pem.startsWith('-----BEGIN OPENSSH PRIVATE KEY-----');
}

/**
 * Reads a private key in OpenSSH's own format (PROTOCOL.key in its sources), which `node:crypto` does not know. Throws
 * RangeError for what is none, PassphraseNeeded for one that is encrypted.
 */
export function readOpenSshKey(pem: string): KeyObject {
  const base64 = ARMOUR.exec(pem)?.[1];
  if (base64 === undefined) throw new RangeError('the armour is damaged');
  const outer = new WireReader(Buffer.from(base64, 'base64'));
  if (outer.take(MAGIC.length).toString('latin1') !== MAGIC) throw new RangeError('the format is unknown');
  const cipher = outer.text();
  outer.field();
  outer.field();
  if (outer.number() !== 1) throw new RangeError('there is not exactly one key');
  outer.field();
  if (cipher !== 'none') throw new PassphraseNeeded();
  const inner = new WireReader(outer.field());
  const check = inner.number();
  if (inner.number() !== check) throw new RangeError('its check numbers differ');
  const type = inner.text();
  return createPrivateKey({ format: 'jwk', key: readPrivate(type, inner) });
}
