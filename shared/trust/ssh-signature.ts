import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { publicBlob, readPublicBlob } from './ssh-key.ts';
import { field, WireReader } from './ssh-wire.ts';

const MAGIC = 'SSHSIG';
/** What git signs is never mistaken for what anything else signs. */
const NAMESPACE = 'git';
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';

/** How keys of a type sign: the signature's own name, and the digest below it (null: the key type's own). */
const SCHEMES: Readonly<Record<string, { readonly name: string; readonly digest: string | null }>> = {
  'ssh-ed25519': { name: 'ssh-ed25519', digest: null },
  'ssh-rsa': { name: 'rsa-sha2-512', digest: 'sha512' },
  'ecdsa-sha2-nistp256': { name: 'ecdsa-sha2-nistp256', digest: 'sha256' },
  'ecdsa-sha2-nistp384': { name: 'ecdsa-sha2-nistp384', digest: 'sha384' },
  'ecdsa-sha2-nistp521': { name: 'ecdsa-sha2-nistp521', digest: 'sha512' },
};

/** What is really signed: the payload's digest, bound to its purpose (PROTOCOL.sshsig in OpenSSH's sources). */
function envelope(payload: Uint8Array, hash: 'sha512' | 'sha256'): Buffer {
  const digest = createHash(hash).update(payload).digest();
  return Buffer.concat([Buffer.from(MAGIC), field(NAMESPACE), field(''), field(hash), field(digest)]);
}

/** ECDSA signatures are two numbers: DER in most of the world, two `mpint` in SSH. Both number forms are alike. */
function derToWire(der: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = der[1] === 0x81 ? 3 : 2; at < der.length; ) {
    const length = der[at + 1] as number;
    parts.push(field(der.subarray(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return Buffer.concat(parts);
}

function wireToDer(wire: Uint8Array): Buffer {
  const reader = new WireReader(wire);
  const numbers = [reader.field(), reader.field()].map((n) => Buffer.concat([Buffer.of(2, n.length), n]));
  const body = Buffer.concat(numbers);
  return Buffer.concat([body.length < 0x80 ? Buffer.of(0x30, body.length) : Buffer.of(0x30, 0x81, body.length), body]);
}

/** An armoured SSH signature of the payload, as `git verify-commit` reads it. */
export function signSsh(payload: Uint8Array, key: KeyObject): string {
  const { type, blob } = publicBlob(key);
  const scheme = SCHEMES[type] as (typeof SCHEMES)[string];
  const raw = sign(scheme.digest, envelope(payload, 'sha512'), key);
  const signature = Buffer.concat([field(scheme.name), field(type.startsWith('ecdsa') ? derToWire(raw) : raw)]);
  const version = Buffer.of(0, 0, 0, 1);
  const packed = [
    Buffer.from(MAGIC),
    version,
    field(blob),
    field(NAMESPACE),
    field(''),
    field('sha512'),
    field(signature),
  ];
  const base64 = Buffer.concat(packed).toString('base64');
  return [BEGIN, ...(base64.match(/.{1,70}/gu) ?? []), END].join('\n');
}

/** Whether the text is armoured as an SSH signature. */
export function isSshSignature(armoured: string): boolean {
  return armoured.trimStart().startsWith(BEGIN);
}

/** Whether one of these keys (`ssh-ed25519 AAAA…`) signed the payload. Anything that can't be read is no signature. */
export function verifiesSsh(payload: Uint8Array, armoured: string, publicKeys: readonly string[]): boolean {
  try {
    const base64 = armoured.trim().slice(BEGIN.length, -END.length);
    const reader = new WireReader(Buffer.from(base64, 'base64'));
    if (reader.take(MAGIC.length).toString('latin1') !== MAGIC || reader.number() !== 1) return false;
    const blob = reader.field();
    if (!publicKeys.some((line) => line.trim().split(/\s+/u)[1] === blob.toString('base64'))) return false;
    if (reader.text() !== NAMESPACE) return false;
    reader.field();
    const hash = reader.text();
    if (hash !== 'sha512' && hash !== 'sha256') return false;
    const signature = new WireReader(reader.field());
    const { type, key } = readPublicBlob(blob);
    const scheme = SCHEMES[type];
    if (scheme === undefined || signature.text() !== scheme.name) return false;
    const raw = signature.field();
    return verify(scheme.digest, envelope(payload, hash), key, type.startsWith('ecdsa') ? wireToDer(raw) : raw);
  } catch {
    return false;
  }
}
