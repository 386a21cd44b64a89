import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gitHttp } from '../../infra/local/git-http.ts';

/** A server for one repository that counts what passes: requests and bytes of bodies. */
export interface CountingServer {
  readonly url: string;
  readonly count: { requests: number; sent: number; received: number };
  close(): Promise<void>;
}

/** Serves `main.git` of a folder on 127.0.0.1. `sent` and `received` are as the client sees them. */
export async function startCountingServer(root: string): Promise<CountingServer> {
  const count = { requests: 0, sent: 0, received: 0 };
  const backend = gitHttp({ root, config: { 'uploadpack.allowFilter': 'true' } }, process.env.PATH ?? '');
  const server = createServer((request, response) => {
    count.requests += 1;
    request.on('data', (chunk: Buffer) => {
      count.sent += chunk.length;
    });
    const write = response.write.bind(response);
    response.write = ((chunk: Buffer) => {
      count.received += chunk.length;
      return write(chunk);
    }) as typeof response.write;
    backend(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/main.git`,
    count,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
