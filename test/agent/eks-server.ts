import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Eks extends AsyncDisposable {
  readonly url: string;
  readonly asked: string[];
}

/** Answers everything as EKS would: so, and no otherwise. */
export async function startEks(status: number, body: object, type = ''): Promise<Eks> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(type === '' ? {} : { 'x-amzn-errortype': type }),
    });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
