import { partsOf } from '../image/image.ts';
import { type Challenge, parseChallenge } from './registry-challenge.ts';
import type { HttpOptions } from './registry-http.ts';
import { fetchToken } from './registry-token.ts';

/** What a registry lets us in by; a token is sent as it is. */
export type RegistryCredentials = { readonly username: string; readonly password: string } | { readonly token: string };

/**
 * The credentials for a registry (`quay.io`, `docker.io`, `registry.example:5000`), null for none. `refused`: what the
 * registry did not take; then they are read anew, and the same object means that there are no others.
 */
export type CredentialsOf = (
  registry: string,
  refused?: RegistryCredentials | null,
) => Promise<RegistryCredentials | null>;

/** What is sent along to be let in. */
export interface Pass {
  readonly authorization: string;
  readonly from: RegistryCredentials | null;
  /** Null: as long as the registry takes it. */
  readonly expires: number | null;
}

/** What a registry did not take; `young` when it was gained for this very request. */
export interface Refused {
  readonly pass: Pass | null;
  readonly young: boolean;
}

const KEPT = 1000;

/** How to be let in for each image, as far as it was learned. */
export class Passes {
  readonly #options: HttpOptions;
  readonly #credentials: CredentialsOf;
  readonly #held = new Map<string, Pass>();
  readonly #coming = new Map<string, Promise<Pass | null>>();

  constructor(options: HttpOptions, credentials: CredentialsOf) {
    this.#options = options;
    this.#credentials = credentials;
  }

  held(image: string): Pass | null {
    const pass = this.#held.get(image) ?? null;
    return pass?.expires != null && pass.expires <= Date.now() ? null : pass;
  }

  /**
   * After a 401: another pass than the refused one, or null when there is none. Those who ask at once share it. `header`
   * is the registry's `WWW-Authenticate`.
   */
  async renew(image: string, header: string | undefined, refused: Refused): Promise<Pass | null> {
    const held = this.held(image);
    if (held !== null && held !== refused.pass) return held;
    const key = `${image} ${refused.pass?.authorization}`;
    const coming = this.#coming.get(key) ?? this.#renew(image, parseChallenge(header), refused);
    this.#coming.set(key, coming);
    try {
      return await coming;
    } finally {
      this.#coming.delete(key);
    }
  }

  async #renew(image: string, challenge: Challenge | null, { pass: old, young }: Refused): Promise<Pass | null> {
    this.#held.delete(image);
    if (challenge === null) return null;
    const { registry } = partsOf(image);
    const known = await this.#credentials(registry);
    // A token that was kept may have come to its end before its time; other passes are as good as what they are made of.
    const worn = old !== null && old.from === known && (young || old.expires === null);
    const pass = worn ? null : await this.#gain(image, challenge, known);
    if (pass !== null && pass.authorization !== old?.authorization) return pass;
    const fresh = await this.#credentials(registry, known);
    return fresh === known ? null : this.#gain(image, challenge, fresh);
  }

  async #gain(image: string, challenge: Challenge, from: RegistryCredentials | null): Promise<Pass | null> {
    const authorization = from === null ? null : headerOf(from);
    const registry = this.#options.addresses.originOf(partsOf(image).registry);
    let pass: Pass | null = authorization === null ? null : { authorization, from, expires: null };
    if (challenge.scheme === 'bearer' && !(from !== null && 'token' in from)) {
      const token = await fetchToken(this.#options, challenge, { image, registry, authorization });
      pass = token === null ? null : { ...token, from };
    }
    if (pass === null) return null;
    if (this.#held.size >= KEPT) this.#held.clear();
    this.#held.set(image, pass);
    return pass;
  }
}

function headerOf(credentials: RegistryCredentials): string {
  if ('token' in credentials) return `Bearer ${credentials.token}`;
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
