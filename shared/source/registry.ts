import type { HttpClient } from 'isomorphic-git/http/node';
import { isDigest, isTag, partsOf } from '../image/image.ts';
import type { Images } from './images.ts';
import { Addresses } from './registry-address.ts';
import { denied, faultOfReply } from './registry-fault.ts';
import { type Get, get, type Reply } from './registry-http.ts';
import { MANIFEST_LIMIT, MANIFEST_TYPES, readManifest } from './registry-manifest.ts';
import { type CredentialsOf, Passes } from './registry-pass.ts';
import { listTags } from './registry-tags.ts';

export interface RegistryOptions {
  /** Without it, all are asked as anyone may. */
  readonly credentials?: CredentialsOf;
  /** `host` or `host:port`: may be asked though they stand within a network; on this machine then without TLS. */
  readonly privateRegistries?: readonly string[];
  /** Milliseconds that are left; no request outlives them. */
  readonly remaining?: () => number;
  readonly http?: HttpClient;
}

/** How often one request may be refused and asked again with something else. */
const RENEWALS = 2;

/**
 * Any registry that speaks the OCI Distribution API. Beyond what `Images` says it throws Retryable RegistryUnavailable,
 * Stalled RegistryDenied, RegistryAnswerUnexpected, NotARegistry, AddressRefused, CertificateRefused, RealmRefused and
 * RedirectRefused, Rejected ManifestInvalid, ManifestDigestWrong, TagsInvalid and TagsTooMany.
 */
export function ociRegistry({ credentials, privateRegistries, ...options }: RegistryOptions = {}): Images {
  const http = { ...options, addresses: new Addresses(privateRegistries ?? []) };
  const passes = new Passes(http, credentials ?? (async () => null));

  /** The registry's answer; null for its 404. */
  async function ask(image: string, what: Omit<Get, 'authorization'>): Promise<Reply | null> {
    // Whoever a redirect or a link led to is no one to tell our credentials.
    const home = http.addresses.originOf(partsOf(image).registry).origin;
    let pass = what.url.origin === home ? passes.held(image) : null;
    let reply = await get(http, { ...what, authorization: pass?.authorization ?? null });
    for (let renewals = 0; reply.status === 401; renewals += 1) {
      const { headers, url } = reply;
      const asked = what.url.origin === home && url.origin === home && renewals < RENEWALS;
      const refused = { pass, young: renewals > 0 };
      pass = asked ? await passes.renew(image, headers['www-authenticate'], refused) : null;
      if (pass === null) throw denied(image, 401);
      reply = await get(http, { ...what, authorization: pass.authorization });
    }
    const fault = faultOfReply(reply, image);
    if (fault !== null) throw fault;
    return reply.status === 404 ? null : reply;
  }

  function addressOf(image: string, path: string): URL {
    const { registry, repository } = partsOf(image);
    return new URL(`/v2/${repository}/${path}`, http.addresses.originOf(registry));
  }

  const images: Images = {
    async tags(image) {
      const read = (url: URL, limit: number) => ask(image, { url, accept: 'application/json', limit });
      const names = await listTags(image, addressOf(image, 'tags/list'), read);
      return names.map((tag) => ({ tag, digest: null, pushedAt: null }));
    },

    async resolve(image, tagOrDigest) {
      if (!isTag(tagOrDigest) && !isDigest(tagOrDigest)) return null;
      const url = addressOf(image, `manifests/${tagOrDigest}`);
      const reply = await ask(image, { url, accept: MANIFEST_TYPES, limit: MANIFEST_LIMIT });
      return reply && readManifest(image, tagOrDigest, reply);
    },

    async peek(image, tag) {
      if (!isTag(tag)) return null;
      const url = addressOf(image, `manifests/${tag}`);
      const reply = await ask(image, { method: 'HEAD', url, accept: MANIFEST_TYPES, limit: 0 });
      const told = reply?.headers['docker-content-digest'];
      if (reply === null || (told !== undefined && isDigest(told))) return told ?? null;
      return (await images.resolve(image, tag))?.digest ?? null;
    },
  };
  return images;
}
