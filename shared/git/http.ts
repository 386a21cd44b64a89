import type { HttpClient } from 'isomorphic-git/http/node';
import { type FerryError, Retryable, Stalled } from '../errors.ts';
import { agentOf } from '../http/agent.ts';
import { type Answer, exchange, type Traffic } from '../http/exchange.ts';
import { isDead } from '../http/fault.ts';
import { redact, secretsOf } from '../redact.ts';
import { faultOfConnection, faultOfStatus, faultOfType } from './http-fault.ts';

/** The value of the `Authorization` header; asked again when the server refuses it. Null: none. */
export type Credentials = () => Promise<{ readonly authorization: string } | null>;

/** Where the repository is, and what bounds and observes the conversation. */
export interface HttpOptions {
  readonly url: string;
  readonly credentials?: Credentials;
  /** Milliseconds that are left; no request outlives them. */
  readonly remaining?: () => number;
  /** Certificate authority, PEM. */
  readonly ca?: string;
  readonly http?: HttpClient;
  /** Called once for each request that ended, with its own traffic. */
  readonly onTraffic?: (traffic: Traffic) => void;
}

/** One request of the smart protocol: `info/refs` of a service, or a call of it. */
export interface Ask {
  readonly service: 'git-upload-pack' | 'git-receive-pack';
  /** Absent: the advertisement (`GET info/refs`). */
  readonly body?: Uint8Array;
  readonly version2: boolean;
}

/** Without a bound from outside, no request takes longer. */
const LONGEST = 300_000;
const REDIRECTS = 3;

function basic({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

/**
 * A repository's smart HTTP endpoint. Credentials go to its own origin only, redirects within it are followed, and every
 * failure is a Retryable or a Stalled whose words carry no secret.
 */
export class Http {
  readonly #options: HttpOptions;
  #base: URL;
  #authorization: string | null | undefined;
  #secrets: string[] = [];

  constructor(options: HttpOptions) {
    this.#options = options;
    const url = new URL(options.url.replace(/\/+$/u, ''));
    this.#secrets.push(...[url.password, decodeURIComponent(url.password)].filter((secret) => secret !== ''));
    const embedded = basic(url);
    if (embedded !== null && options.credentials === undefined) this.#learn(embedded);
    url.username = '';
    url.password = '';
    this.#base = url;
  }

  /** The repository's URL without credentials: what memory is kept under. */
  get url(): string {
    return this.#base.href;
  }

  get host(): string {
    return this.#base.host;
  }

  /** Takes all that is secret out of words that come from the server or from an error. */
  redact(text: string): string {
    return redact(text, this.#secrets);
  }

  #learn(authorization: string | null): void {
    this.#authorization = authorization;
    if (authorization !== null) this.#secrets.push(...secretsOf(authorization));
  }

  /** The body of the answer, as it arrives. Throws as the class says, also while the body is read. */
  async ask(ask: Ask): Promise<AsyncIterable<Uint8Array>> {
    if (this.#authorization === undefined) {
      this.#learn((await this.#options.credentials?.())?.authorization ?? null);
    }
    let renewed = this.#options.credentials === undefined;
    for (let redirects = 0; ; ) {
      const { status, headers, body, abort } = await this.#send(ask).catch((error) => {
        // A kept connection may have died since it was last used. A push is not repeated blindly.
        if (!isDead(error.facts?.code) || (ask.body !== undefined && ask.service === 'git-receive-pack')) throw error;
        return this.#send(ask);
      });
      if (status === 200) {
        const kind = ask.body === undefined ? 'advertisement' : 'result';
        const fault = faultOfType(headers['content-type'], `application/x-${ask.service}-${kind}`, this.host);
        if (fault === null) return body;
        abort();
        throw fault;
      }
      abort();
      const location = headers.location;
      if (status >= 300 && status < 400 && location !== undefined && redirects < REDIRECTS) {
        redirects += 1;
        this.#follow(location, ask);
      } else if (status === 401 && !renewed) {
        renewed = true;
        this.#learn((await this.#options.credentials?.())?.authorization ?? null);
      } else {
        throw faultOfStatus(status, headers, this.host) as FerryError;
      }
    }
  }

  /** A repository that was renamed on its host is followed; to another origin nothing is sent, credentials least of all. */
  #follow(location: string, ask: Ask): void {
    const target = new URL(location, this.#base);
    const tail = ask.body === undefined ? '/info/refs' : `/${ask.service}`;
    if (target.origin !== this.#base.origin || !target.pathname.endsWith(tail)) {
      throw new Stalled('RepositoryMoved', `The Git server ${this.host} points to ${target.host} instead.`, {
        hint: 'If the repository has moved there, configure its new URL.',
        facts: { host: this.host, to: target.host },
      });
    }
    this.#base = new URL(target.pathname.slice(0, -tail.length), target.origin);
  }

  #send({ service, body, version2 }: Ask): Promise<Answer> {
    const { remaining, ca, http, onTraffic } = this.#options;
    const path = body === undefined ? `info/refs?service=${service}` : service;
    return exchange({
      url: `${this.#base.href}/${path}`,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(version2 ? { 'git-protocol': 'version=2' } : {}),
        ...(this.#authorization == null ? {} : { authorization: this.#authorization }),
        ...(body === undefined
          ? {}
          : { 'content-type': `application/x-${service}-request`, accept: `application/x-${service}-result` }),
        'user-agent': 'git/gitferry',
      },
      ...(body === undefined ? {} : { body }),
      agent: agentOf(this.#base.protocol, ca),
      patience: Math.min(remaining?.() ?? LONGEST, LONGEST),
      ...(http === undefined ? {} : { http }),
      explain: (error, late) => (late ? this.#late() : faultOfConnection(error, this.host)),
      ...(onTraffic === undefined ? {} : { onTraffic }),
    });
  }

  #late(): Retryable {
    return new Retryable('OutOfTime', `The Git server ${this.host} did not answer within the time that was left.`, {
      hint: 'It will be tried again.',
      facts: { host: this.host },
    });
  }
}
