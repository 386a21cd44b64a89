import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What S3 says of a bucket: its notifications, its versions and its region. XML as it came is what is answered. */
export interface NotifyingBucket {
  readonly url: string;
  /** What stands there now. */
  readonly notifications: () => string;
  /** Each request, as `PUT /bucket?notification=`. */
  readonly requests: readonly string[];
  /** The headers of what was written last. */
  readonly written: () => Readonly<Record<string, string | string[] | undefined>>;
  readonly close: () => void;
}

interface Start {
  readonly notifications?: string;
  readonly versioning?: string;
  readonly region?: string;
  /** What is answered instead, by method. */
  readonly refuse?: Readonly<Record<string, readonly [status: number, code: string]>>;
  /** What somebody else makes of it as soon as it is written. */
  readonly meddle?: (notifications: string) => string;
}

const root = (name: string, inner: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</${name}>`;

export const NONE = root('NotificationConfiguration', '');

export async function startBucket({
  notifications = NONE,
  versioning = '<Status>Enabled</Status>',
  region = 'eu-west-1',
  refuse = {},
  meddle = (now) => now,
}: Start = {}): Promise<NotifyingBucket> {
  let now = notifications;
  let written = {};
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const body = await text(request);
    requests.push(`${method} ${url}`);
    const query = new URL(url, 'http://localhost').searchParams;
    const refused = query.has('notification') ? refuse[method] : undefined;
    response.setHeader('content-type', 'application/xml');
    response.setHeader('x-amz-bucket-region', region);
    if (method === 'HEAD') return response.end();
    if (refused !== undefined) {
      response.statusCode = refused[0];
      return response.end(`<?xml version="1.0"?><Error><Code>${refused[1]}</Code><Message>no</Message></Error>`);
    }
    if (query.has('versioning')) return response.end(root('VersioningConfiguration', versioning));
    if (!query.has('notification')) response.statusCode = 501;
    else if (method === 'PUT') [now, written] = [meddle(body), request.headers];
    else return response.end(now);
    return response.end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    notifications: () => now,
    requests,
    written: () => written,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
