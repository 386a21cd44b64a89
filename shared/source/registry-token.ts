import * as z from 'zod';
import { Stalled } from '../errors.ts';
import { partsOf } from '../image/image.ts';
import type { Challenge } from './registry-challenge.ts';
import { faultOfReply, notARegistry } from './registry-fault.ts';
import { get, type HttpOptions } from './registry-http.ts';

const LIMIT = 2 ** 17;
/** What the token specification takes when it is not told, and the longest that one is kept; seconds. */
const LIFETIME = { usual: 60, longest: 3600 };
/** Seconds before its end from which a token is not used any more. */
const MARGIN = 10;

/** What may stand in a header. */
const Token = z.string().regex(/^[\x21-\x7e]+$/u);
const Answer = z.object({
  token: Token.optional(),
  access_token: Token.optional(),
  expires_in: z.number().nonnegative().optional(),
});

export interface BearerToken {
  readonly authorization: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
}

/**
 * Gets a token at the realm that a registry names, with the `Authorization` that is for this registry, if any. Null when
 * the realm refuses it. Throws Stalled RealmRefused where a password could be read on its way.
 */
export async function fetchToken(
  options: HttpOptions,
  challenge: Challenge & { scheme: 'bearer' },
  about: { readonly image: string; readonly registry: URL; readonly authorization: string | null },
): Promise<BearerToken | null> {
  const { image, registry, authorization } = about;
  const url = URL.parse(challenge.realm);
  const { addresses } = options;
  const safe = url !== null && (addresses.isLocal(url) || (url.protocol === 'https:' && !addresses.isLocal(registry)));
  if (!safe)
    throw new Stalled('RealmRefused', `${registry.host} wants its token to be fetched where others could read it.`, {
      hint: 'Have the registry name an https address as its realm.',
      facts: { host: registry.host, realm: url === null ? null : `${url.protocol}//${url.host}` },
    });
  url.username = '';
  url.password = '';
  url.hash = '';
  if (challenge.service !== null) url.searchParams.set('service', challenge.service);
  const scope = challenge.scope ?? `repository:${partsOf(image).repository}:pull`;
  for (const one of scope.split(' ').filter((part) => part !== '')) url.searchParams.append('scope', one);
  const reply = await get(options, { url, accept: 'application/json', authorization, limit: LIMIT });
  if (reply.status === 401 || (reply.status === 403 && reply.headers['retry-after'] === undefined)) return null;
  const fault = faultOfReply(reply, image);
  if (fault !== null) throw fault;
  const { token, access_token = token, expires_in = LIFETIME.usual } = parse(reply.body) ?? {};
  if (access_token === undefined || reply.status !== 200) throw notARegistry(url.host);
  const seconds = Math.min(Math.max(expires_in, LIFETIME.usual), LIFETIME.longest) - MARGIN;
  return { authorization: `Bearer ${access_token}`, expires: Date.now() + seconds * 1000 };
}

function parse(body: Uint8Array | null): z.infer<typeof Answer> | null {
  try {
    return Answer.parse(JSON.parse(Buffer.from(body ?? []).toString()));
  } catch {
    return null;
  }
}
