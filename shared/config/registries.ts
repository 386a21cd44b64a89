import { isDeepStrictEqual } from 'node:util';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { Stalled } from '../errors.ts';
import { parseImage, partsOf } from '../image/image.ts';
import type { CredentialsOf, RegistryCredentials } from '../source/registry-pass.ts';
import { readSecret } from '../trust/secret.ts';

/** What may stand in a header. */
const Line = z.string().regex(/^[^\p{Cc}]+$/u);
const Entry = z.union([
  // A colon would end the name.
  z.strictObject({ username: Line.regex(/^[^:]+$/u), password: Line }),
  z.strictObject({ token: Line.regex(/^[\x21-\x7e]+$/u) }),
]);
const Shape = z.record(z.string(), Entry);

type Known = ReadonlyMap<string, RegistryCredentials>;

/**
 * Reads `{"<registry host>": {"username", "password"} | {"token"}}`.
 * @throws Stalled RegistryCredentialsUnusable, which repeats no more than names of hosts.
 */
export function parseRegistryCredentials(text: string): Known {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unusable('are no JSON');
  }
  const { data, error } = Shape.safeParse(json);
  if (data === undefined) {
    const [host] = error.issues[0]?.path ?? [];
    throw unusable(
      typeof host === 'string' && registryOf(host) !== null ? `for ${host} can’t be read` : 'can’t be read',
    );
  }
  return new Map(
    Object.entries(data).map(([host, entry]) => {
      const registry = registryOf(host);
      if (registry === null) throw unusable('are for something that is no registry’s host');
      return [registry, entry];
    }),
  );
}

/** The registry as names of images have it; null for what is no host. */
function registryOf(host: string): string | null {
  const name = parseImage(`${host}/owner/image`);
  const registry = name === null ? '' : partsOf(name.image).registry;
  return name?.image === `${registry}/owner/image` ? registry : null;
}

function unusable(what: string): Stalled {
  return new Stalled('RegistryCredentialsUnusable', `The credentials of registries ${what}.`, {
    hint: 'Set them to {"<registry host>": {"username": "…", "password": "…"}}, or {"token": "…"} for a host.',
  });
}

/** Credentials that the environment holds or names: read when a registry first asks for them, and again when it refuses. */
export function registryCredentials(
  { registriesSecret, registries }: { readonly registriesSecret: string | null; readonly registries: string | null },
  secrets: SecretsManagerClient,
): CredentialsOf {
  let known: Promise<Known> | null = null;

  async function read(): Promise<Known> {
    if (registriesSecret !== null) return parseRegistryCredentials(await readSecret(secrets, registriesSecret));
    return registries === null ? new Map() : parseRegistryCredentials(registries);
  }

  function reading(): Promise<Known> {
    const now = read();
    known = now;
    now.catch(() => {
      if (known === now) known = null;
    });
    return now;
  }

  return async (registry, refused) => {
    const before = (await (known ?? reading())).get(registry) ?? null;
    if (refused === undefined || refused !== before || registriesSecret === null) return before;
    const after = (await reading()).get(registry) ?? null;
    return isDeepStrictEqual(before, after) ? refused : after;
  };
}
