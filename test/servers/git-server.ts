import { chmod, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gitHttp } from '../../infra/local/git-http.ts';
import { type Files, type GitRepository, makeRepository } from './git-repository.ts';

/** What a server of the world may do differently; without options it is a full modern one. */
export interface GitServerOptions {
  readonly filter?: boolean;
  /** `v0`: the server knows no protocol v2. */
  readonly protocol?: 'v0' | 'v2';
  readonly atomic?: boolean;
  readonly fsck?: boolean;
  /** A shell script that runs as pre-receive hook. */
  readonly hook?: string;
  /** Milliseconds before each answer. */
  readonly latency?: number;
  /** The one `Authorization` header that is let in; all else gets 401. */
  readonly authorization?: string;
  /** Answers these statuses first, one a request, whatever is asked. */
  readonly first?: readonly {
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  }[];
  /** Every request is sent on to this origin by 302. */
  readonly redirect?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** This many pushes are carried out, and then the connection dies instead of an answer. */
  dropPushes?: number;
  /** Sends the body of each POST's answer at this many bytes a second. */
  readonly trickle?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** A running server with one repository. */
export interface GitServer {
  /** Of the repository, as a client would clone it. */
  readonly url: string;
  readonly repository: GitRepository;
  /** What was asked, `GET /main.git/info/refs?…`, with the headers. */
  readonly requests: { readonly line: string; readonly headers: IncomingMessage['headers'] }[];
  close(): Promise<void>;
}

function configOf(options: GitServerOptions): Record<string, string> {
  return {
    'uploadpack.allowFilter': String(options.filter ?? true),
    'receive.advertiseAtomic': String(options.atomic ?? true),
    'receive.fsckObjects': String(options.fsck ?? false),
    ...options.config,
  };
}

/** Lets the response's body out slowly; the head goes at once. */
function slow(response: ServerResponse, bytesPerSecond: number): void {
  const end = response.end.bind(response);
  const write = response.write.bind(response);
  const chunks: Buffer[] = [];
  response.write = ((chunk: Buffer) => chunks.push(Buffer.from(chunk)) > 0) as typeof response.write;
  response.end = (() => {
    void (async () => {
      for (const byte of Buffer.concat(chunks)) {
        if (response.destroyed) return;
        write(Buffer.of(byte));
        await delay(1000 / bytesPerSecond);
      }
      end();
    })();
    return response;
  }) as typeof response.end;
}

/** Lets the work be done, and then cuts the line where the answer would begin. */
function drop(response: ServerResponse): void {
  response.writeHead = (() => response) as typeof response.writeHead;
  response.write = (() => true) as typeof response.write;
  response.end = (() => response.destroy()) as typeof response.end;
}

function listener(
  options: GitServerOptions,
  backend: RequestListener,
  requests: GitServer['requests'],
): RequestListener {
  const first = [...(options.first ?? [])];
  return async (request, response) => {
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    if (options.latency !== undefined) await delay(options.latency, undefined, { ref: false });
    const canned = first.shift();
    if (canned !== undefined) {
      request.resume();
      response.writeHead(canned.status, canned.headers).end(canned.body ?? '');
    } else if (options.redirect !== undefined) {
      request.resume();
      response.writeHead(302, { location: options.redirect + request.url }).end();
    } else if (options.authorization !== undefined && request.headers.authorization !== options.authorization) {
      request.resume();
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('who are you?');
    } else {
      const push = request.method === 'POST' && request.url?.endsWith('/git-receive-pack') === true;
      if (push && (options.dropPushes ?? 0) > 0) {
        options.dropPushes = (options.dropPushes ?? 0) - 1;
        drop(response);
      }
      if (request.method === 'POST' && options.trickle !== undefined) slow(response, options.trickle);
      backend(request, response);
    }
  };
}

/** Starts a server on 127.0.0.1 for a repository (a new one with these files, or a given one, which then stays). */
export async function startGitServer(
  content: Files | GitRepository | undefined,
  options: GitServerOptions = {},
): Promise<GitServer> {
  const given = content !== undefined && typeof content.git === 'function';
  const repository = given ? (content as GitRepository) : await makeRepository(content as Files | undefined);
  if (options.hook !== undefined) {
    const hook = join(repository.dir, 'hooks', 'pre-receive');
    await writeFile(hook, `#!/bin/sh\n${options.hook}\n`);
    await chmod(hook, 0o755);
  }
  const requests: GitServer['requests'] = [];
  const backend = gitHttp(
    { root: repository.root, config: configOf(options), v2: options.protocol !== 'v0' },
    process.env.PATH ?? '',
  );
  const answer = listener(options, backend, requests);
  const server = options.tls === undefined ? createServer(answer) : createTlsServer(options.tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/main.git`,
    repository,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (!given) await repository.remove();
    },
  };
}
