import type { HttpClient } from 'isomorphic-git/http/node';
import { type FerryError, Stalled } from '../errors.ts';
import { exchange } from '../http/exchange.ts';
import { isDead } from '../http/fault.ts';
import type { Addresses } from './registry-address.ts';
import { faultOfConnection } from './registry-fault.ts';

/** No request takes longer, in milliseconds: what is asked for is small. */
const LONGEST = 30_000;
const REDIRECTS = 3;
const REDIRECTING: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** So much of an answer without content is read, in bytes, to keep its connection. */
const REMARK = 2 ** 16;

export interface Get {
  /** GET unless it says so. */
  readonly method?: 'GET' | 'HEAD';
  readonly url: URL;
  readonly accept: string;
  readonly authorization: string | null;
  /** Bytes. */
  readonly limit: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null when it is larger than the limit. */
  readonly body: Uint8Array | null;
  /** Where it came from in the end. */
  readonly url: URL;
}

export interface HttpOptions {
  readonly addresses: Addresses;
  /** Milliseconds that are left. */
  readonly remaining?: () => number;
  readonly http?: HttpClient;
}

async function bounded(body: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads what is at an address, whatever its status. A redirect is followed a few times, never out of TLS, and credentials
 * stay with the origin that they are for. Throws Retryable RegistryUnavailable, Stalled AddressRefused,
 * CertificateRefused or RedirectRefused.
 */
export async function get(options: HttpOptions, request: Get): Promise<Reply> {
  let { url, authorization } = request;
  for (let redirects = 0; ; redirects += 1) {
    const reply = await once(options, { ...request, url, authorization });
    const { location } = reply.headers;
    if (!REDIRECTING.has(reply.status) || location === undefined) return reply;
    const target = URL.parse(location, url.href);
    if (target === null || target.protocol !== url.protocol || redirects === REDIRECTS) throw misled(url, target);
    if (target.origin !== url.origin) authorization = null;
    target.username = '';
    target.password = '';
    url = target;
  }
}

async function once(options: HttpOptions, request: Get): Promise<Reply> {
  return send(options, request).catch((error: FerryError) => {
    // A kept connection may have died since it was last used.
    if (!isDead(error.facts?.code)) throw error;
    return send(options, request);
  });
}

async function send({ addresses, remaining, http }: HttpOptions, request: Get): Promise<Reply> {
  const { url, method = 'GET', accept, authorization, limit } = request;
  const { status, headers, body } = await exchange({
    url: url.href,
    method,
    headers: { accept, 'user-agent': 'gitferry', ...(authorization === null ? {} : { authorization }) },
    agent: addresses.agentOf(url),
    patience: Math.min(remaining?.() ?? LONGEST, LONGEST),
    ...(http === undefined ? {} : { http }),
    explain: (error, late) => faultOfConnection(error, late, url.host),
  });
  return { status, headers, url, body: await bounded(body, status === 200 ? limit : REMARK) };
}

function misled(url: URL, target: URL | null): Stalled {
  return new Stalled('RedirectRefused', `${url.host} redirects to where gitferry does not follow.`, {
    hint: 'Name the image by the registry that serves it.',
    facts: { host: url.host, to: target === null ? null : `${target.protocol}//${target.host}` },
  });
}
