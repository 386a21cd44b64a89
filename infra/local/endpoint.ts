import { randomUUID } from 'node:crypto';
import { buildApp } from 'fauxqs';

/** What happened to an object through the S3 API or by hand. */
export interface ObjectChange {
  readonly bucket: string;
  readonly key: string;
  /** Null when it was deleted. */
  readonly object: { readonly bytes: Buffer; readonly etag: string } | null;
  /** S3's name for what was called: PutObject, CopyObject, CompleteMultipartUpload, DeleteObject. */
  readonly reason: string;
  /** True when the bytes came from the bucket's folder, so that they need not be kept there again. */
  readonly byHand: boolean;
}

export interface EndpointOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Called before the caller of S3 gets its answer; when it throws, the caller gets an error. */
  readonly onChange: (change: ObjectChange) => Promise<void>;
  /** When an object was last modified; null where fauxqs may say when it got it. */
  readonly modified: (bucket: string, key: string) => Date | null;
  /** Answers EventBridge's PutEvents. */
  readonly putEvents: (body: string) => Record<string, unknown>;
}

/** S3, SQS and PutEvents behind one address on the loopback interface. */
export interface Endpoint {
  readonly url: string;
  /** Puts an object that was there before: tells nobody. */
  load(bucket: string, key: string, bytes: Buffer): Promise<void>;
  /** Puts an object, or without bytes deletes it, that was changed by hand. */
  change(bucket: string, key: string, bytes: Buffer | null): Promise<void>;
  close(): Promise<void>;
}

/** An upload in one request may be this large; fauxqs would stop at 11 MiB. */
const BODY_LIMIT = 64 * 1024 * 1024;
/** Marks the requests that this process makes of fauxqs itself; its value is known to nobody else. */
const INNER = 'x-gitferry-inner';

type Answer = Awaited<ReturnType<ReturnType<typeof buildApp>['inject']>>;
type Headers = Readonly<Record<string, string>>;
/** What of a request says which objects it changes. */
interface Request {
  readonly method: string;
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}
type Call = { readonly keys: readonly string[]; readonly reason: string };

export async function startEndpoint({ port, onChange, modified, putEvents }: EndpointOptions): Promise<Endpoint> {
  const app = buildApp({ logger: false });
  app.removeContentTypeParser('*');
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) =>
    done(null, body),
  );
  const token = randomUUID();

  app.addHook('preHandler', async (request, reply) => {
    if (request.headers['x-amz-target'] !== 'AWSEvents.PutEvents') return;
    reply.header('content-type', 'application/x-amz-json-1.1');
    try {
      return await reply.send(JSON.stringify(putEvents(String(request.body))));
    } catch (error) {
      reply.status(400);
      return reply.send(JSON.stringify({ __type: 'ValidationException', message: String(error) }));
    }
  });

  // What changes objects is carried out first, told, and answered only then.
  app.addHook('preHandler', async (request, reply) => {
    const call = request.headers[INNER] === token ? null : objectCall(request);
    if (call === null) return;
    const { bucket = '' } = request.params as { bucket?: string };
    const before = new Map(await Promise.all(call.keys.map(async (key) => [key, await get(bucket, key)] as const)));
    const inner = await app.inject({
      method: request.method as 'PUT',
      url: request.raw.url ?? '/',
      headers: { ...request.headers, [INNER]: token },
      ...(Buffer.isBuffer(request.body) ? { payload: request.body } : {}),
    });
    const { connection: _, 'transfer-encoding': __, ...headers } = inner.headers;
    reply.status(inner.statusCode).headers(headers);
    if (inner.statusCode >= 300) return reply.send(inner.rawPayload);
    for (const key of call.keys) {
      const object = objectOf(await get(bucket, key));
      try {
        await onChange({ bucket, key, object, reason: call.reason, byHand: false });
      } catch (error) {
        await restore(bucket, key, before.get(key) ?? null);
        const why = escapeXml(error instanceof Error ? error.message : String(error));
        reply.removeHeader('content-length').status(400).header('content-type', 'application/xml');
        return reply.send(`<Error><Code>InvalidArgument</Code><Message>${why}</Message></Error>`);
      }
    }
    return reply.send(inner.rawPayload);
  });

  // fauxqs would say of what was there before that it came with the start.
  app.addHook('onSend', async (request, reply, payload) => {
    const { bucket = '', '*': key = '' } = (request.params ?? {}) as { bucket?: string; '*'?: string };
    if (key === '')
      return typeof payload === 'string' ? dateListing(payload, (found) => modified(bucket, found)) : payload;
    const date = reply.hasHeader('last-modified') ? modified(bucket, key) : null;
    if (date !== null) reply.header('last-modified', date.toUTCString());
    return payload;
  });

  const get = (bucket: string, key: string): Promise<Answer> =>
    app.inject({ method: 'GET', url: `/${bucket}/${encodeKey(key)}` });

  const send = async (bucket: string, key: string, payload: Buffer | null, headers: Headers = {}): Promise<void> => {
    const { statusCode, body } = await app.inject({
      method: payload === null ? 'DELETE' : 'PUT',
      url: `/${bucket}/${encodeKey(key)}`,
      headers: { 'content-type': 'application/octet-stream', ...headers, [INNER]: token },
      ...(payload === null ? {} : { payload }),
    });
    if (statusCode >= 300) throw new Error(`The bucket refused ${key}: ${statusCode} ${body}`);
  };
  const put = (bucket: string, key: string, bytes: Buffer | null): Promise<void> => send(bucket, key, bytes);

  /** Brings back what was there before a change that could not be kept. */
  const restore = (bucket: string, key: string, answer: Answer | null): Promise<void> => {
    if (answer?.statusCode !== 200) return put(bucket, key, null);
    const beside = Object.entries(answer.headers).filter(([name]) => /^(?:content-type$|x-amz-meta-)/u.test(name));
    return send(bucket, key, answer.rawPayload, Object.fromEntries(beside) as Headers);
  };

  const change = async (bucket: string, key: string, bytes: Buffer | null): Promise<void> => {
    await put(bucket, key, bytes);
    const reason = bytes === null ? 'DeleteObject' : 'PutObject';
    await onChange({ bucket, key, object: objectOf(await get(bucket, key)), reason, byHand: true });
  };

  await app.listen({ host: '127.0.0.1', port }).catch((cause) => {
    if (cause.code !== 'EADDRINUSE') throw cause;
    throw new Error(`The port ${port} is taken; name another, or none for any that is free.`, { cause });
  });
  const { port: taken } = app.server.address() as { port: number };
  return { url: `http://127.0.0.1:${taken}`, load: put, change, close: () => app.close() };
}

/** A listing with these times. */
function dateListing(xml: string, modified: (key: string) => Date | null): string {
  const entry = /(<Key>([^<]*)<\/Key>.*?<LastModified>)([^<]*)/gu;
  return xml.replace(entry, (_, before: string, key: string, given: string) => {
    return before + (modified(unescapeXml(key))?.toISOString() ?? given);
  });
}

function encodeKey(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

/** The objects that a request put or deleted, if it is one that does. */
function objectCall({ method, params, query: parsed, headers, body }: Request): Call | null {
  const { '*': key = '' } = params as { '*'?: string };
  const query = parsed as Record<string, string>;
  if (key === '') {
    if (method !== 'POST' || !('delete' in query)) return null;
    const keys = [...String(body).matchAll(/<Key>([^<]*)<\/Key>/gu)].map(([, text = '']) => unescapeXml(text));
    return { keys, reason: 'DeleteObject' };
  }
  if (method === 'DELETE' && !('uploadId' in query)) return { keys: [key], reason: 'DeleteObject' };
  if (method === 'POST' && 'uploadId' in query) return { keys: [key], reason: 'CompleteMultipartUpload' };
  if (method !== 'PUT' || 'uploadId' in query) return null;
  return { keys: [key], reason: 'x-amz-copy-source' in headers ? 'CopyObject' : 'PutObject' };
}

function objectOf({ statusCode, headers, rawPayload }: Answer): ObjectChange['object'] {
  return statusCode === 200 ? { bytes: rawPayload, etag: String(headers.etag).replaceAll('"', '') } : null;
}

function unescapeXml(text: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  return text.replace(/&(\w+);/gu, (whole, name: string) => entities[name] ?? whole);
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/gu, (sign) => ({ '&': '&amp;', '<': '&lt;' })[sign] ?? '&gt;');
}
