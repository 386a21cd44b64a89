import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';

/** A version of an object; without a body it is a delete marker. */
export interface Version {
  readonly id: string;
  readonly body: Buffer | null;
  /** ISO 8601. */
  readonly modified: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Until when it can't be deleted; null where its bucket had no default retention. */
  readonly retainUntil: string | null;
}

/**
 * One bucket of S3 as its documentation describes it, for what the S3 of the embedded run does not know: conditional
 * writes, checksums, versions, and the default retention of Object Lock in compliance mode.
 */
export interface LockedBucket {
  readonly url: string;
  readonly name: string;
  readonly client: S3Client;
  /** By key; the newest version is the first. */
  readonly objects: Map<string, readonly Version[]>;
  /** What was asked, `PUT /ledger/a`, in order. */
  readonly requests: string[];
  /** Answers a request by an error instead: its status and code; null lets it through. */
  refuse: (request: string) => { readonly status: number; readonly code: string } | null;
  /** Days of compliance retention; null for a bucket without Object Lock. */
  days: number | null;
  versioning: 'Enabled' | 'Suspended';
  /** As somebody with every right would. */
  overwrite(key: string, body: string): void;
  /** What a deletion without a version leaves. */
  hide(key: string): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

const NAME = 'ledger-copies';

/** Keys in one answer to a listing; S3 gives a thousand. */
const PAGE = 40;

export async function startLockedBucket(): Promise<LockedBucket> {
  const objects = new Map<string, readonly Version[]>();
  let made = 0;

  const add = (key: string, body: Buffer | null, headers: Readonly<Record<string, string>> = {}): Version => {
    made += 1;
    const retainUntil = bucket.days === null ? null : new Date(Date.now() + bucket.days * 86_400_000).toISOString();
    const version = { id: `v${made}`, body, modified: new Date().toISOString(), headers, retainUntil };
    objects.set(key, [version, ...(objects.get(key) ?? [])]);
    return version;
  };

  const put = (key: string, body: Buffer, headers: IncomingMessage['headers']): Answer => {
    if (headers['if-none-match'] === '*' && (objects.get(key)?.[0]?.body ?? null) !== null)
      return fault(412, 'PreconditionFailed');
    const told = headers['x-amz-checksum-sha256'];
    // S3 takes no object into a bucket with a default retention whose bytes the sender has not vouched for.
    if (told !== createHash('sha256').update(body).digest('base64'))
      return fault(400, told === undefined ? 'InvalidRequest' : 'BadDigest');
    const { id } = add(key, body, { 'content-type': String(headers['content-type']) });
    return { headers: { etag: `"${id}"`, 'x-amz-version-id': id } };
  };

  const get = (key: string, id: string | null): Answer => {
    const version = (objects.get(key) ?? []).find((one, at) => (id === null ? at === 0 : one.id === id));
    if (version?.body == null) return fault(404, version === undefined ? 'NoSuchKey' : 'MethodNotAllowed');
    const { retainUntil: until } = version;
    const lock = { 'x-amz-object-lock-mode': 'COMPLIANCE', 'x-amz-object-lock-retain-until-date': until ?? '' };
    return {
      headers: { ...version.headers, ...(until === null ? {} : lock), 'x-amz-version-id': version.id },
      body: version.body,
    };
  };

  const settings = (asked: string): Answer => {
    if (asked.endsWith('versioning'))
      return { body: `<VersioningConfiguration><Status>${bucket.versioning}</Status></VersioningConfiguration>` };
    if (bucket.days === null) return fault(404, 'ObjectLockConfigurationNotFoundError');
    const retention = `<DefaultRetention><Mode>COMPLIANCE</Mode><Days>${bucket.days}</Days></DefaultRetention>`;
    return {
      body: `<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>${retention}</Rule></ObjectLockConfiguration>`,
    };
  };

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    const [name, ...rest] = pathname.slice(1).split('/');
    const key = decodeURIComponent(rest.join('/'));
    const about = ['versions', 'versioning', 'object-lock'].find((one) => query.has(one));
    const asked = `${request.method} /${name}/${key === '' ? `?${about}` : key}`;
    bucket.requests.push(asked);
    const body = Buffer.concat(await request.toArray());
    const refusal = bucket.refuse(asked);
    if (refusal !== null) return fault(refusal.status, refusal.code);
    if (name !== NAME) return fault(404, 'NoSuchBucket');
    if (key !== '')
      return request.method === 'PUT' ? put(key, body, request.headers) : get(key, query.get('versionId'));
    return query.has('versions') ? { body: listing(objects, query) } : settings(asked);
  };

  const server = createServer((request, response) => {
    void answer(request).then(({ status = 200, headers = {}, body = '' }) => {
      response.writeHead(status, headers).end(body);
    });
  });
  // A connection that is closed while a request is on its way would be an error of the test's own.
  server.keepAliveTimeout = 0;
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };

  const bucket: LockedBucket = {
    url,
    name: NAME,
    client: new S3Client({ endpoint: url, region: 'us-east-1', credentials, forcePathStyle: true, maxAttempts: 1 }),
    objects,
    requests: [],
    refuse: () => null,
    days: 2557,
    versioning: 'Enabled',
    overwrite: (key, body) => void add(key, Buffer.from(body)),
    hide: (key) => void add(key, null),
    close: async () => {
      bucket.client.destroy();
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return bucket;
}

function fault(status: number, code: string): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

/** ListObjectVersions: in the order of keys, the newest version of each first. */
function listing(objects: ReadonlyMap<string, readonly Version[]>, query: URLSearchParams): string {
  const [prefix, key, id] = [query.get('prefix') ?? '', query.get('key-marker'), query.get('version-id-marker')];
  const all = [...objects.keys()]
    .filter((one) => one.startsWith(prefix))
    .sort()
    .flatMap((one) => (objects.get(one) ?? []).map((version, at) => ({ key: one, version, latest: at === 0 })));
  const from = key === null ? 0 : all.findIndex((one) => one.key === key && one.version.id === id) + 1;
  const page = all.slice(from, from + PAGE);
  const last = page.at(-1);
  const entries = page.map(({ key: Key, version: { id: VersionId, body, modified }, latest }) => {
    const common = `<Key>${Key}</Key><VersionId>${VersionId}</VersionId><IsLatest>${latest}</IsLatest><LastModified>${modified}</LastModified>`;
    if (body === null) return `<DeleteMarker>${common}</DeleteMarker>`;
    return `<Version>${common}<ETag>"${VersionId}"</ETag><Size>${body.length}</Size></Version>`;
  });
  const more = from + PAGE < all.length;
  const next = more
    ? `<NextKeyMarker>${last?.key}</NextKeyMarker><NextVersionIdMarker>${last?.version.id}</NextVersionIdMarker>`
    : '';
  return `<ListVersionsResult><Name>${NAME}</Name><IsTruncated>${more}</IsTruncated>${next}${entries.join('')}</ListVersionsResult>`;
}
