import { spawn } from 'node:child_process';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** A real Git server needs one folder of repositories; `config` is added to what each repository says itself. */
export interface GitHttpOptions {
  readonly root: string;
  readonly config?: Readonly<Record<string, string>>;
  /** False hides the client's wish for protocol v2, as servers that only know v0 do. */
  readonly v2?: boolean;
}

const ALWAYS = { 'safe.directory': '*', 'http.receivepack': 'true' };

/** Git reads configuration from numbered variables, which outrank its files. */
function configVariables(config: Readonly<Record<string, string>>): Record<string, string> {
  const pairs = Object.entries(config);
  return Object.fromEntries([
    ['GIT_CONFIG_COUNT', String(pairs.length)],
    ...pairs.flatMap(([key, value], at) => [
      [`GIT_CONFIG_KEY_${at}`, key],
      [`GIT_CONFIG_VALUE_${at}`, value],
    ]),
  ]);
}

/** The CGI environment of one request (RFC 3875), as far as `git http-backend` reads it. */
function variables(request: IncomingMessage, options: GitHttpOptions, path: string): Record<string, string> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const header = (name: string): string => String(request.headers[name] ?? '');
  return {
    PATH: path,
    LC_ALL: 'C',
    HOME: options.root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_PROJECT_ROOT: options.root,
    GIT_HTTP_EXPORT_ALL: '1',
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: header('content-type'),
    REMOTE_ADDR: request.socket.remoteAddress ?? '',
    REMOTE_USER: 'gitferry',
    ...(header('content-length') === '' ? {} : { CONTENT_LENGTH: header('content-length') }),
    ...(header('content-encoding') === '' ? {} : { HTTP_CONTENT_ENCODING: header('content-encoding') }),
    ...(options.v2 === false || header('git-protocol') === '' ? {} : { GIT_PROTOCOL: header('git-protocol') }),
    ...configVariables({ ...ALWAYS, ...options.config }),
  };
}

/** Reads the CGI head (`Status:` and headers); answers where the body begins, or -1 while the head is incomplete. */
function writeHead(head: Buffer, response: ServerResponse): number {
  const end = head.indexOf('\r\n\r\n');
  if (end === -1) return -1;
  let status = 200;
  for (const line of head.toString('latin1', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.writeHead(status);
  return end + 4;
}

/** Answers requests by `git http-backend`; request and response bodies stream, and a client that hangs up ends it. */
export function gitHttp(options: GitHttpOptions, path: string): RequestListener {
  return (request, response) => {
    const child = spawn('git', ['http-backend'], { env: variables(request, options, path) });
    child.on('error', () => response.destroy());
    child.stdin.on('error', () => {});
    child.stderr.resume();
    request.pipe(child.stdin);
    response.on('close', () => {
      child.kill();
      // What it started writes here: nobody reads any more, and it has to notice.
      child.stdout.destroy();
    });

    let head = Buffer.alloc(0);
    child.stdout.on('data', (chunk: Buffer) => {
      let body = chunk;
      if (!response.headersSent) {
        head = Buffer.concat([head, chunk]);
        const start = writeHead(head, response);
        if (start === -1) return;
        body = head.subarray(start);
      }
      if (!response.write(body)) {
        child.stdout.pause();
        response.once('drain', () => child.stdout.resume());
      }
    });
    child.stdout.on('end', () => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };
}
