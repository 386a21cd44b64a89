import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { DOORS } from '../../functions/receive/doors.ts';
import { type Deps, receive } from '../../functions/receive/receive.ts';
import type { ImageChange } from '../../shared/change/change.ts';
import type { LookNow } from '../../shared/notice/look.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';

export const SECRET = 'correct-horse-battery-staple';

const FIXTURES = new URL('../fixtures/webhooks/', import.meta.url);

/** A file of `test/fixtures/webhooks`; its README says what is in it. */
export interface Fixture {
  readonly door: string;
  readonly name: string;
  readonly source: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly told: readonly (ImageChange | LookNow | { kind: 'nothing'; reason: string; source: string })[];
}

export const fixtures: readonly Fixture[] = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: door }) =>
    readdirSync(new URL(`${door}/`, FIXTURES)).map((file) => ({
      door,
      name: file.replace(/\.json$/u, ''),
      ...JSON.parse(readFileSync(new URL(`${door}/${file}`, FIXTURES), 'utf8')),
    })),
  );

export function fixture(door: string, name: string): Fixture {
  const found = fixtures.find((one) => one.door === door && one.name === name);
  if (found === undefined) throw new Error(`There is no fixture ${door}/${name}.`);
  return found;
}

/** A notification of the door that has something come of it: of an image, or of an object in a cluster. */
export function pushTo(door: string): Fixture {
  const found = fixtures.find((one) => one.door === door && one.told.some(({ kind }) => kind !== 'nothing'));
  if (found === undefined) throw new Error(`There is no push to ${door}.`);
  return found;
}

export interface Knock {
  readonly method?: string;
  /** Instead of the one that its door and proof make. */
  readonly path?: string;
  /** Added to, or put instead of, what the proof makes. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly secret?: string;
  readonly base64?: boolean;
}

/** The event of a request that proves itself in the first way that the door takes. */
export function requestTo(door: string, body: string, knock: Knock = {}): LambdaFunctionURLEvent {
  const { method = 'POST', secret = SECRET, base64 = false } = knock;
  const [proof] = DOORS.get(door)?.proofs ?? [];
  const proving: Record<string, string> = {};
  if (proof?.kind === 'authorization') proving.authorization = `Bearer ${secret}`;
  if (proof?.kind === 'token') proving[proof.header] = secret;
  if (proof?.kind === 'signature') proving[proof.header] = signed(secret, body);
  const headers = { 'content-type': 'application/json', ...proving, ...knock.headers };
  const path = knock.path ?? (proof?.kind === 'path' ? `/${door}/${secret}` : `/${door}`);
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: '',
    headers,
    requestContext: { http: { method, path } },
    body: base64 ? Buffer.from(body).toString('base64') : body,
    isBase64Encoded: base64,
  } as unknown as LambdaFunctionURLEvent;
}

export function signed(secret: string, body: string | Uint8Array, algorithm = 'sha256'): string {
  return `${algorithm}=${createHmac(algorithm, secret).update(body).digest('hex')}`;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly sent: readonly ImageChange[];
  readonly looks: readonly LookNow[];
  readonly logged: readonly Readonly<Record<string, unknown>>[];
}

/** What `receive` makes of a request, with one secret for every door unless a test brings others. */
export async function knock(event: LambdaFunctionURLEvent, deps: Partial<Deps> = {}): Promise<Answered> {
  const sent: ImageChange[] = [];
  const looks: LookNow[] = [];
  const logged: Record<string, unknown>[] = [];
  const answer = await receive(event, {
    doors: DOORS,
    secrets: async () => new Map([...DOORS.keys()].map((door) => [door, [SECRET]])),
    send: async (changes) => {
      sent.push(...changes);
    },
    look: async (look) => {
      looks.push(look);
    },
    telemetry: SILENT,
    log: (message, facts) => logged.push({ message, ...facts }),
    ...deps,
  });
  if (typeof answer === 'string') throw new Error('An answer has a status.');
  const { statusCode = 0, headers = {}, body = '' } = answer;
  return { status: statusCode, headers, body: JSON.parse(body), sent, looks, logged };
}

/** The fixture as it is sent. */
export function requestOf({ door, headers, body }: Fixture, more: Knock = {}): LambdaFunctionURLEvent {
  return requestTo(door, JSON.stringify(body), { ...more, headers: { ...headers, ...more.headers } });
}
