/** An image as a manifest or an event names it. */
export interface ImageName {
  /** `registry/repository`, the registry and Docker Hub's `library/` filled in: what two names are compared by. */
  readonly image: string;
  /** The same as it was written, without tag and digest. */
  readonly written: string;
  readonly tag: string | null;
  /** `sha256:<64 hex digits>` */
  readonly digest: string | null;
}

const REGISTRY = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::\d{1,5})?$/iu;
const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/u;
const TAG = /^\w[\w.-]{0,127}$/u;
const DIGEST = /^sha256:[0-9a-f]{64}$/u;
/** What the distribution specification allows a repository's name, and a registry's host, together. */
const LONGEST = 512;

const DOCKER_HUB = 'docker.io';
const ALIASES: ReadonlySet<string> = new Set(['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);

export function isTag(text: string): boolean {
  return TAG.test(text);
}

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** Reads `[registry/]repository[:tag][@digest]` as container runtimes do; null for what names no image. */
export function parseImage(text: string): ImageName | null {
  if (text.length > LONGEST) return null;
  const [before = '', digest = null, ...more] = text.split('@');
  const colon = before.lastIndexOf(':');
  const tagged = colon > before.lastIndexOf('/');
  const written = tagged ? before.slice(0, colon) : before;
  const tag = tagged ? before.slice(colon + 1) : null;
  const image = canonical(written);
  if (image === null || more.length > 0) return null;
  if ((tag !== null && !isTag(tag)) || (digest !== null && !isDigest(digest))) return null;
  return { image, written, tag, digest };
}

/** The name that runtimes read a written one as; null for none. */
function canonical(written: string): string | null {
  const slash = written.indexOf('/');
  const first = slash === -1 ? '' : written.slice(0, slash);
  const named = first === 'localhost' || /[.:]/u.test(first);
  const host = named ? first.toLowerCase() : DOCKER_HUB;
  const registry = ALIASES.has(host) ? DOCKER_HUB : host;
  const repository = named ? written.slice(slash + 1) : written;
  if (!REGISTRY.test(registry) || !REPOSITORY.test(repository)) return null;
  const official = registry === DOCKER_HUB && !repository.includes('/');
  return `${registry}/${official ? 'library/' : ''}${repository}`;
}

/** A canonical image's registry and repository. */
export function partsOf(image: string): { readonly registry: string; readonly repository: string } {
  const slash = image.indexOf('/');
  return { registry: image.slice(0, slash), repository: image.slice(slash + 1) };
}
