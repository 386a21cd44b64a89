import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { field, mpint, WireReader } from './ssh-wire.ts';

const NAMES: Readonly<Record<string, string>> = { 'P-256': 'nistp256', 'P-384': 'nistp384', 'P-521': 'nistp521' };

function bytes(base64url: string | undefined): Buffer {
  return Buffer.from(base64url ?? '', 'base64url');
}

/** A public key as SSH writes it (RFC 4253, 5656, 8709). Throws RangeError for kinds of keys that SSH can't sign with. */
export function publicBlob(key: KeyObject): { readonly type: string; readonly blob: Buffer } {
  const jwk = key.export({ format: 'jwk' });
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') {
    const type = 'ssh-ed25519';
    return { type, blob: Buffer.concat([field(type), field(bytes(jwk.x))]) };
  }
  if (jwk.kty === 'RSA') {
    const type = 'ssh-rsa';
    return { type, blob: Buffer.concat([field(type), mpint(bytes(jwk.e)), mpint(bytes(jwk.n))]) };
  }
  const curve = NAMES[jwk.crv ?? ''];
  if (jwk.kty !== 'EC' || curve === undefined) throw new RangeError('SSH knows no signatures by keys of this kind');
  const type = `ecdsa-sha2-${curve}`;
  const point = Buffer.concat([Buffer.of(4), bytes(jwk.x), bytes(jwk.y)]);
  return { type, blob: Buffer.concat([field(type), field(curve), field(point)]) };
}

function readJwk(type: string, reader: WireReader): JsonWebKey {
  if (type === 'ssh-ed25519') return { kty: 'OKP', crv: 'Ed25519', x: reader.field().toString('base64url') };
  if (type === 'ssh-rsa') {
    const e = reader.mpint().toString('base64url');
    return { kty: 'RSA', e, n: reader.mpint().toString('base64url') };
  }
  const crv = Object.keys(NAMES).find((name) => type === `ecdsa-sha2-${NAMES[name]}`);
  if (crv === undefined) throw new RangeError('a public key of an unknown type');
  reader.field();
  const point = reader.field();
  const half = (point.length - 1) / 2;
  const [x, y] = [point.subarray(1, 1 + half), point.subarray(1 + half)];
  return { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
}

/** The reverse. Throws RangeError, or what `node:crypto` throws for numbers that are no key. */
export function readPublicBlob(blob: Uint8Array): { readonly type: string; readonly key: KeyObject } {
  const reader = new WireReader(blob);
  const type = reader.text();
  return { type, key: createPublicKey({ format: 'jwk', key: readJwk(type, reader) }) };
}
