import type { PrivateKey } from 'openpgp';

const BEGIN = '-----BEGIN PGP PRIVATE KEY BLOCK-----';

/** Whether a text is armoured as an OpenPGP private key. */
export function isOpenPgpKey(text: string): boolean {
  return text.startsWith(BEGIN);
}

/**
 * An OpenPGP key, by the library `openpgp` (LGPL-3.0, 400 kB beside the bundle), which is loaded when the key is first used
 * and never otherwise. Methods throw RangeError for a text that is no key, a locked key, and one that may not sign any more.
 */
export class OpenPgpKey {
  readonly #armoured: string;
  #loaded: Promise<{ readonly openpgp: typeof import('openpgp'); readonly key: PrivateKey }> | null = null;

  constructor(armoured: string) {
    this.#armoured = armoured;
  }

  #load() {
    this.#loaded ??= (async () => {
      const openpgp = await import('openpgp');
      const key = await openpgp.readPrivateKey({ armoredKey: this.#armoured }).catch(() => null);
      if (key === null) throw new RangeError('it is no OpenPGP key that can be read');
      if (!key.isDecrypted()) throw new RangeError('it is protected by a passphrase');
      const usable = await key.getSigningKey().catch(() => null);
      if (usable === null) throw new RangeError('it has expired, was revoked, or is not for signing');
      return { openpgp, key };
    })();
    return this.#loaded;
  }

  /** A detached, armoured signature. */
  async sign(payload: Uint8Array): Promise<string> {
    const { openpgp, key } = await this.#load();
    const message = await openpgp.createMessage({ binary: payload });
    const armoured = await openpgp.sign({ message, signingKeys: key, detached: true, format: 'armored' });
    return armoured.replaceAll('\r\n', '\n').trimEnd();
  }

  /** Whether this key made the signature of the payload. */
  async verifies(payload: Uint8Array, armoured: string): Promise<boolean> {
    const { openpgp, key } = await this.#load();
    try {
      const message = await openpgp.createMessage({ binary: payload });
      const signature = await openpgp.readSignature({ armoredSignature: armoured });
      const result = await openpgp.verify({ message, signature, verificationKeys: key.toPublic() });
      return (await result.signatures[0]?.verified) === true;
    } catch {
      return false;
    }
  }
}
