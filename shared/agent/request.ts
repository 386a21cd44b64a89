import { Agent, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { Stalled } from '../errors.ts';
import { type Answer, exchange } from '../http/exchange.ts';
import { isDead } from '../http/fault.ts';
import { isLoopback } from '../http/loopback.ts';
import { faultOfConnection, tooLarge, unexpected } from './fault.ts';

/** Milliseconds. */
const PATIENCE = 15_000;
/** Bytes of what an API server says of a refusal. */
const REMARK = 2 ** 16;

export interface RequestLimits {
  /** Milliseconds until one request is given up; 15 s unless it says so. */
  readonly patience?: number;
  /** Milliseconds that are left for everything. */
  readonly remaining?: () => number;
}

export interface ApiRequest {
  readonly method: 'GET' | 'PATCH';
  /** Begins with a slash. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: unknown;
  /** Bytes of an answer with content. */
  readonly limit: number;
  /** What it is for, as a person says it. */
  readonly deed: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Send = (request: ApiRequest) => Promise<Reply>;

/** Sends requests to the cluster of a kubeconfig's present context, by its credentials. */
export function sender(kubeConfig: KubeConfig, cluster: string, limits: RequestLimits): Send {
  const server = serverOf(kubeConfig, cluster);
  let agent: Agent | undefined;

  async function once({ method, path, contentType, body, limit, deed }: ApiRequest): Promise<Reply> {
    const options: RequestOptions = {};
    // Asks for the token again each time: it may have been renewed.
    await kubeConfig.applyToHTTPSOptions(options);
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    // Keeps its connections, as the client's own agent does not.
    agent ??= new Agent({
      keepAlive: true,
      ...{ ca, cert, key, servername },
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    });
    const answer = await exchange({
      url: `${server}${path}`,
      method,
      headers: {
        ...(options.headers as Record<string, string> | undefined),
        accept: 'application/json',
        'user-agent': 'gitferry',
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
      },
      ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
      agent,
      patience: Math.min(limits.remaining?.() ?? Number.POSITIVE_INFINITY, limits.patience ?? PATIENCE),
      explain: (error, late) => faultOfConnection(error, late, cluster),
    });
    return read(answer, limit, deed);
  }

  async function read(answer: Answer, limit: number, deed: string): Promise<Reply> {
    const { status, headers } = answer;
    if (status >= 300 && status < 400) {
      answer.abort();
      throw unexpected(cluster, `a redirect (${status})`);
    }
    const most = status === 200 || status === 201 ? limit : REMARK;
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      size += chunk.length;
      if (size > most) throw tooLarge(cluster, deed, most);
      chunks.push(chunk);
    }
    return { status, headers, body: Buffer.concat(chunks).toString('utf8') };
  }

  return (request) =>
    once(request).catch((error: unknown) => {
      // A kept connection may have died since it was last used. What is sent may be repeated: it says which version it is for.
      if (!isDead((error as { facts?: { code?: unknown } }).facts?.code)) throw error;
      return once(request);
    });
}

function serverOf(kubeConfig: KubeConfig, cluster: string): string {
  const { server = '', skipTLSVerify = false } = kubeConfig.getCurrentCluster() ?? {};
  const url = URL.parse(server);
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '')
    throw new Stalled('KubeConfigUnusable', `The API server of ${cluster} has no https address.`, {
      hint: 'Give the address of its API server, starting with https://, without credentials in it.',
      facts: { cluster },
    });
  if (skipTLSVerify && !isLoopback(url.hostname))
    throw new Stalled('KubeConfigUnusable', `The kubeconfig of ${cluster} turns the check of certificates off.`, {
      hint: 'Take insecure-skip-tls-verify out, and put the authority’s certificate into certificate-authority-data.',
      facts: { cluster },
    });
  return `${url.origin}${url.pathname.replace(/\/+$/u, '')}`;
}
