import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { Stalled } from '../errors.ts';
import { isOpenPgpKey, OpenPgpKey } from './openpgp.ts';
import { isOpenSshKey, PassphraseNeeded, readOpenSshKey } from './openssh-key.ts';
import { publicBlob } from './ssh-key.ts';
import { isSshSignature, signSsh, verifiesSsh } from './ssh-signature.ts';

/** Signs commits. */
export interface Signer {
  /** The armoured signature of a commit's bytes. */
  sign(payload: Uint8Array): Promise<string>;
  /** Whether this key made the armoured signature of the bytes. */
  verifies(payload: Uint8Array, armoured: string): Promise<boolean>;
  /** `ssh-ed25519 AAAA…`, as in an allowed-signers file; null of an OpenPGP key, which has a certificate instead. */
  readonly publicKey: string | null;
}

/** How PKCS#8 and OpenSSL's older forms say that a passphrase is needed. */
const LOCKED = /^(?:-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED)/mu;

function unusable(why: string, cause?: unknown): Stalled {
  return new Stalled('SigningKeyUnusable', `The signing key can not be used: ${why}.`, {
    hint: 'Configure an SSH key (Ed25519, RSA, ECDSA; OpenSSH or PKCS#8 form) or an OpenPGP key, without a passphrase.',
    cause,
  });
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return isOpenSshKey(pem) ? readOpenSshKey(pem) : createPrivateKey(pem);
  } catch (error) {
    if (error instanceof PassphraseNeeded || LOCKED.test(pem)) {
      throw unusable('it is protected by a passphrase');
    }
    // The cause may quote the key: it is left out.
    throw unusable(error instanceof RangeError ? error.message : 'it is no private key that can be read');
  }
}

/** Signs by an OpenPGP key; whether it can is known when it first signs, which then throws. */
function openPgpSigner(armoured: string): Signer {
  const key = new OpenPgpKey(armoured);
  const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      throw unusable(error instanceof RangeError ? error.message : 'it does not sign');
    }
  };
  return {
    sign: (payload) => guarded(() => key.sign(payload)),
    verifies: (payload, signature) => guarded(() => key.verifies(payload, signature)),
    publicKey: null,
  };
}

/** Reads a private key. Throws Stalled SigningKeyUnusable, so that nothing is ever pushed unsigned instead. */
export function readSigningKey(text: string): Signer {
  if (isOpenPgpKey(text.trim())) return openPgpSigner(`${text.trim()}\n`);
  const key = readPrivateKey(`${text.trim()}\n`);
  try {
    const { type, blob } = publicBlob(createPublicKey(key));
    const publicKey = `${type} ${blob.toString('base64')}`;
    return {
      sign: async (payload) => signSsh(payload, key),
      verifies: async (payload, armoured) => verifies(payload, armoured, [publicKey]),
      publicKey,
    };
  } catch (error) {
    throw unusable(error instanceof RangeError ? error.message : 'its kind is not supported');
  }
}

/** Whether one of these keys (`ssh-ed25519 AAAA…`) made the armoured signature of the payload. */
export function verifies(payload: Uint8Array, armoured: string, publicKeys: readonly string[]): boolean {
  return isSshSignature(armoured) && verifiesSsh(payload, armoured, publicKeys);
}
