import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A way to a server that a test can close: what comes then is lost, as in an outage. */
export interface Gate extends AsyncDisposable {
  readonly url: string;
  /** Where it leads to; until then nothing gets through. */
  open(to: string): void;
  close(): void;
  /** How many requests were lost. */
  readonly lost: number;
}

export async function startGate(): Promise<Gate> {
  let target: string | null = null;
  let lost = 0;
  const server = createServer((from, back) => {
    if (target === null) {
      lost += 1;
      from.socket.destroy();
      return;
    }
    const { method, headers } = from;
    const onward = request(
      new URL(from.url ?? '/', target),
      { ...(method === undefined ? {} : { method }), headers },
      (answer) => {
        back.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(back);
      },
    );
    onward.on('error', () => back.destroy());
    from.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: (to) => {
      target = to;
    },
    close: () => {
      target = null;
    },
    get lost() {
      return lost;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
