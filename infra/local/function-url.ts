import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import * as z from 'zod';
import type { Invoke } from './poller.ts';

/** What Lambda takes in one request, in bytes. */
const LARGEST = 6 * 1024 * 1024;

/** Bodies of these types are given as text; all others, and what is no text, in base64. */
const TEXT = /^(?:text\/.*|application\/(?:json|xml|javascript))$/u;

const Answer = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

/** Gives a function an address on the loopback interface, as Lambda's function URLs do. */
export async function serveFunction(
  invoke: Invoke,
  failed: (why: string) => void,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const underWay = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const served = serve(request, response, invoke, failed).finally(() => underWay.delete(served));
    underWay.add(served);
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      await Promise.all(underWay);
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  invoke: Invoke,
  failed: (why: string) => void,
): Promise<void> {
  try {
    const body = await bodyOf(request);
    if (body === null) return refuse(response, 413, 'Request must be smaller than 6291456 bytes');
    const { statusCode, headers, body: answer, isBase64Encoded } = Answer.parse(await invoke(eventOf(request, body)));
    response.writeHead(statusCode, headers).end(Buffer.from(answer, isBase64Encoded ? 'base64' : 'utf8'));
  } catch (error) {
    // Whoever hung up is told nothing.
    if (!request.complete) return;
    failed(error instanceof Error ? error.message : String(error));
    refuse(response, 502, 'Internal Server Error');
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ Message: message }));
}

/** Null when it is too large. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST) {
      // Heard out, or it would not hear the answer.
      request.resume();
      return null;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The event of Lambda's payload format 2.0. */
function eventOf(request: IncomingMessage, body: Buffer): LambdaFunctionURLEvent {
  const { method = 'GET', url: target = '/', headersDistinct, httpVersion, socket } = request;
  const { cookie: cookies, ...others } = headersDistinct;
  const headers = Object.fromEntries(Object.entries(others).map(([name, values = []]) => [name, values.join(',')]));
  const [path = '/', ...query] = target.split('?');
  const rawQueryString = query.join('?');
  const isText = TEXT.test((headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '') && isUtf8(body);
  const now = new Date();
  const [, day, month, year, time] = now.toUTCString().split(' ');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString,
    ...(cookies === undefined ? {} : { cookies: cookies.flatMap((one) => one.split('; ')) }),
    headers,
    ...(rawQueryString === ''
      ? {}
      : { queryStringParameters: Object.fromEntries(new URLSearchParams(rawQueryString)) }),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'local',
      domainName: headers.host ?? '',
      domainPrefix: 'local',
      http: {
        method,
        path,
        protocol: `HTTP/${httpVersion}`,
        sourceIp: socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: `${day}/${month}/${year}:${time} +0000`,
      timeEpoch: now.getTime(),
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}
