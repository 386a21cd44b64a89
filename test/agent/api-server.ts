import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answering = (asked: Asked, response: ServerResponse) => void;

export interface ApiServer extends AsyncDisposable {
  readonly url: string;
  readonly ca: string;
  readonly asked: Asked[];
  /** By the token that its answers are to be asked with. */
  config(more?: { readonly server?: string; readonly skipTLSVerify?: boolean; readonly caData?: string }): KubeConfig;
}

export const TOKEN = 'a-token-that-nobody-may-see';

/** What answers in place of an API server, by TLS on 127.0.0.1. */
export async function startApiServer(answer: Answering): Promise<ApiServer> {
  const pem = (name: string) => readFile(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
  const ca = await pem('ca.pem');
  const asked: Asked[] = [];
  const server = createServer(
    { key: await pem('server.key'), cert: await pem('server.pem') },
    async (request, response) => {
      const body = Buffer.concat(await Array.fromAsync(request)).toString('utf8');
      const url = new URL(request.url ?? '/', 'https://127.0.0.1');
      const one = { method: request.method ?? '', url, headers: request.headers, body };
      asked.push(one);
      answer(one, response);
    },
  );
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    ca,
    asked,
    config({ server: address = url, skipTLSVerify = false, caData = Buffer.from(ca).toString('base64') } = {}) {
      const config = new KubeConfig();
      config.loadFromClusterAndUser({ name: 'x', server: address, caData, skipTLSVerify }, { name: 'x', token: TOKEN });
      return config;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

/** As the API server refuses. */
export function refusal(message: string, reason: string, code: number): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code };
}
