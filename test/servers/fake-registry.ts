import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Canned {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** Cuts the line after the head and this body, which promises more. */
  readonly cut?: boolean;
  /** Sends a byte of the body in so many milliseconds, and never ends. */
  readonly trickle?: number;
}

export interface Asked {
  readonly method: string;
  /** `/v2/acme/api/tags/list?n=1000` */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Null: the connection is reset. */
export type Answers = (asked: Asked) => Canned | null | Promise<Canned | null>;

export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Connections that were made. */
  readonly connections: number;
}

function send(response: ServerResponse, { status = 200, headers = {}, body = '', cut, trickle }: Canned): void {
  const bytes = Buffer.from(body);
  if (cut === true) {
    response.writeHead(status, { ...headers, 'content-length': bytes.length + 10 });
    response.write(bytes, () => response.destroy());
  } else if (trickle === undefined) {
    response.writeHead(status, { ...headers }).end(bytes);
  } else {
    response.writeHead(status, { ...headers });
    const timer = setInterval(() => response.write(' '), trickle);
    response.on('close', () => clearInterval(timer));
  }
}

/** A registry on 127.0.0.1 that answers whatever a test wants. */
export async function fakeRegistry(answers: Answers): Promise<FakeRegistry> {
  const asked: Asked[] = [];
  let connections = 0;
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: path = '', headers } = request;
    const one = { method, path, headers };
    asked.push(one);
    request.resume();
    const canned = await answers(one);
    if (canned === null) request.socket.resetAndDestroy();
    else send(response, canned);
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    asked,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
