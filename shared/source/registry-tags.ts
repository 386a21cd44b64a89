import * as z from 'zod';
import { Rejected } from '../errors.ts';
import { isTag } from '../image/image.ts';
import type { Reply } from './registry-http.ts';

/** How much of a listing is read; bytes of a page and of all, pages, tags. */
const PAGE = 4 * 2 ** 20;
const LIMITS = { bytes: 32 * 2 ** 20, pages: 1000, tags: 100_000 };
/** Tags that are asked for at once. */
const ASKED = 1000;

const Listing = z.object({ tags: z.array(z.string()).nullish() });

/** Reads one page: the answer of a registry that was let in, or null where there is no such image. */
export type ReadPage = (url: URL, limit: number) => Promise<Reply | null>;

/**
 * All tags of an image, page by page; names that no tag can have are left out. `api` is the address of its listing.
 * @throws Rejected TagsInvalid for a listing that makes no sense, does not end, or leads elsewhere; TagsTooMany.
 */
export async function listTags(image: string, api: URL, read: ReadPage): Promise<readonly string[]> {
  const tags = new Set<string>();
  const seen = new Set<string>();
  let url: URL | null = new URL(api);
  url.searchParams.set('n', String(ASKED));
  for (let bytes = 0; url !== null; ) {
    if (seen.has(url.href)) throw invalid(image, 'leads back to where it was');
    seen.add(url.href);
    const reply: Reply | null = await read(url, PAGE);
    if (reply === null) break;
    bytes += reply.body?.length ?? Number.POSITIVE_INFINITY;
    if (bytes > LIMITS.bytes || seen.size >= LIMITS.pages) throw tooMany(image);
    for (const tag of parse(image, reply.body)) if (isTag(tag)) tags.add(tag);
    if (tags.size > LIMITS.tags) throw tooMany(image);
    url = next(image, reply);
  }
  return [...tags];
}

function parse(image: string, body: Uint8Array | null): readonly string[] {
  try {
    return Listing.parse(JSON.parse(Buffer.from(body ?? []).toString())).tags ?? [];
  } catch {
    throw invalid(image, 'can’t be read');
  }
}

/** Where the next page is, by `Link: <…>; rel="next"`; null at the end. */
function next(image: string, { headers, url }: Reply): URL | null {
  const [, target = '', parameters = ''] = /^[^<]*<([^>]*)>([^,]*)/u.exec(headers.link ?? '') ?? [];
  if (target === '' || !/;\s*rel\s*=\s*"?next"?(?:\s|;|$)/iu.test(parameters)) return null;
  const found = URL.parse(target, url.href);
  if (found?.origin !== url.origin) throw invalid(image, 'goes on at another server');
  found.username = '';
  found.password = '';
  found.hash = '';
  return found;
}

function invalid(image: string, what: string): Rejected {
  return new Rejected('TagsInvalid', `The list of tags of ${image} ${what}.`, {
    hint: 'Look at `/v2/<name>/tags/list` of the registry, and at proxies before it.',
    facts: { image },
  });
}

function tooMany(image: string): Rejected {
  return new Rejected('TagsTooMany', `${image} has more tags than can be read.`, {
    hint: `Remove old ones: up to ${LIMITS.tags} tags are read, on up to ${LIMITS.pages} pages.`,
    facts: { image, limits: LIMITS },
  });
}
