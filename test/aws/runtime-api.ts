import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** What a runtime posts when a handler threw, or could not be loaded. */
interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly stackTrace?: readonly string[];
}

interface Invocation {
  readonly id: string;
  readonly event: unknown;
  readonly answered: PromiseWithResolvers<unknown>;
}

const VERSION = '/2018-06-01/runtime';

/** Lambda's Runtime API as it is documented, for one runtime: what `aws-lambda-ric` asks for events, and tells the answers. */
export class RuntimeApi {
  /** `127.0.0.1:1234` */
  readonly address: string;
  /** When the runtime asks for its first event, as it does once the handler is loaded; rejects when that failed. */
  readonly loaded: Promise<void>;

  readonly #server;
  readonly #about: { readonly arn: string; readonly timeout: number };
  readonly #loading: PromiseWithResolvers<void>;
  readonly #coming: Invocation[] = [];
  readonly #running = new Map<string, Invocation>();
  #asking: ServerResponse | null = null;

  private constructor(server: ReturnType<typeof createServer>, about: { arn: string; timeout: number }) {
    this.#server = server;
    this.#about = about;
    this.address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#loading = Promise.withResolvers();
    this.loaded = this.#loading.promise;
    this.loaded.catch(() => {});
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** `timeout` in seconds. */
  static async start(about: { readonly arn: string; readonly timeout: number }): Promise<RuntimeApi> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return new RuntimeApi(server, about);
  }

  /** What the handler returned. Throws with what it threw. */
  invoke(event: unknown): Promise<unknown> {
    const invocation = { id: randomUUID(), event, answered: Promise.withResolvers<unknown>() };
    this.#coming.push(invocation);
    this.#give();
    return invocation.answered.promise;
  }

  /** All that waits for an answer is told this. */
  fail(error: Error): void {
    this.#loading.reject(error);
    for (const { answered } of [...this.#coming.splice(0), ...this.#running.values()]) answered.reject(error);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (request.method === 'GET' && path === `${VERSION}/invocation/next`) {
      this.#loading.resolve();
      this.#asking = response;
      this.#give();
      return;
    }
    const body = await json(request);
    const [, id = '', outcome] = new RegExp(`^${VERSION}/invocation/([^/]+)/(response|error)$`, 'u').exec(path) ?? [];
    const invocation = this.#running.get(id);
    if (path === `${VERSION}/init/error`) this.fail(errorOf(body as Failure));
    else if (invocation === undefined) {
      response.writeHead(404).end();
      return;
    } else if (outcome === 'response') invocation.answered.resolve(body);
    else invocation.answered.reject(errorOf(body as Failure));
    this.#running.delete(id);
    response.writeHead(202).end();
  }

  #give(): void {
    const invocation = this.#asking === null ? undefined : this.#coming.shift();
    if (invocation === undefined) return;
    const { arn, timeout } = this.#about;
    this.#running.set(invocation.id, invocation);
    this.#asking
      ?.writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': invocation.id,
        'lambda-runtime-deadline-ms': String(Date.now() + timeout * 1000),
        'lambda-runtime-invoked-function-arn': arn,
        'lambda-runtime-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0',
      })
      .end(JSON.stringify(invocation.event));
    this.#asking = null;
  }
}

function errorOf({ errorType, errorMessage, stackTrace = [] }: Failure): Error {
  const error = new Error(`${errorType}: ${errorMessage}`);
  error.stack = [`${error.message}`, ...stackTrace].join('\n');
  return error;
}
