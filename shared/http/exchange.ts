import type { Agent } from 'node:http';
import { parse } from 'node:url';
import type { HttpClient } from 'isomorphic-git/http/node';
import nodeClient from 'isomorphic-git/http/node';
import type { FerryError } from '../errors.ts';
import { aborted, nothing, observed } from './body.ts';

/** How much went over the wire: bodies, in bytes. */
export interface Traffic {
  readonly requests: number;
  readonly sent: number;
  readonly received: number;
}

export interface Request {
  readonly url: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  /** Sent with its Content-Length, which some servers want. */
  readonly body?: Uint8Array;
  readonly agent: Agent;
  /** Milliseconds until the whole exchange is given up, the answer's body included. */
  readonly patience: number;
  readonly http?: HttpClient;
  /** What a failure means; `late` when the patience has ended. Its words are free of secrets. */
  readonly explain: (error: unknown, late: boolean) => FerryError;
  /** Called once, when the exchange has ended. */
  readonly onTraffic?: (traffic: Traffic) => void;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As it arrives; throws what `explain` makes of a failure. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives up a body that is not read. */
  readonly abort: () => void;
}

// The client parses URLs by node:url's old function. Of that, Node warns once in a process, on standard error, and of a
// bundle it does so though nobody can change it there: here is that once.
const { noDeprecation } = process;
process.noDeprecation = true;
parse('http://localhost/');
process.noDeprecation = noDeprecation ?? false;

/** One request and its answer, whatever its status; redirects are not followed. */
export async function exchange(request: Request): Promise<Answer> {
  const { url, method, headers, body: sent, agent, patience } = request;
  if (patience <= 0) throw request.explain(null, true);
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), patience).unref();
  const traffic = { requests: 1, sent: sent?.length ?? 0, received: 0 };
  const finish = (): void => {
    clearTimeout(timer);
    request.onTraffic?.(traffic);
  };
  const explain = (error: unknown): FerryError => request.explain(error, controller.signal.aborted);
  const late = aborted(controller.signal);
  try {
    const answering = (request.http ?? nodeClient).request({
      url,
      method,
      headers: { ...headers },
      agent,
      ...(sent === undefined ? {} : { body: [sent] as unknown as AsyncIterableIterator<Uint8Array> }),
      signal: controller.signal,
      fetchOptions: { followRedirects: false },
    });
    const answer = await Promise.race([answering, late]);
    const iterator = answer.body?.[Symbol.asyncIterator]() ?? nothing();
    const abort = (): void => {
      void iterator.return?.();
      finish();
    };
    const received = (length: number): void => {
      traffic.received += length;
    };
    const body = observed(iterator, { received, late, finish, explain });
    return { status: answer.statusCode, headers: answer.headers ?? {}, body, abort };
  } catch (error) {
    finish();
    throw explain(error);
  }
}
