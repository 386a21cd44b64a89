import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { Rejected } from '../../shared/errors.ts';
import type { Door, Header } from './door.ts';

/** What a queue carries in one message, and more than any registry sends. */
const LARGEST = 256 * 1024;

/** Where a request knocks: `/<door>`, or `/<door>/<secret>`. */
export interface Address {
  readonly door: string;
  /** As it was written: it may be a secret, and is never told to anyone. */
  readonly rest: string;
}

export function addressOf({ rawPath = '' }: LambdaFunctionURLEvent): Address {
  const [, door = '', rest = ''] = /^\/([^/]*)\/?(.*)$/su.exec(rawPath) ?? [];
  return { door, rest };
}

/** Header names are lower-case already; a header that came twice has both values, joined by a comma. */
export function headerOf({ headers = {} }: LambdaFunctionURLEvent): Header {
  return (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined);
}

/**
 * Refuses what is no request of this door before any of its body is looked at: by method, content type, length, headers.
 * @throws Rejected MethodWrong, ContentTypeWrong, EventTooLarge, HeaderMissing.
 */
export function checkHead(event: LambdaFunctionURLEvent, door: Door, header: Header): void {
  if (event.requestContext?.http?.method !== 'POST')
    throw new Rejected('MethodWrong', 'Webhooks are sent by POST.', { hint: 'Set the method of the webhook to POST.' });
  checkType(header, ['application/json', ...(door.types ?? [])]);
  if (Number(header('content-length')) > LARGEST) throw tooLarge();
  const missing = (door.headers ?? []).find((name) => !header(name));
  if (missing !== undefined)
    throw new Rejected('HeaderMissing', `The header ${missing} is missing.`, {
      hint: 'See that no proxy takes it out.',
    });
}

function checkType(header: Header, types: readonly string[]): void {
  const [type = '', ...parameters] = (header('content-type') ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const encoded = header('content-encoding') ?? 'identity';
  if (!types.includes(type) || !['utf-8', '"utf-8"', undefined].includes(charset) || encoded !== 'identity')
    throw new Rejected('ContentTypeWrong', 'The body is not said to be plain JSON in UTF-8.', {
      hint: `Set the content type of the webhook to ${types.join(' or ')}, without compression.`,
    });
}

/** The bytes that were sent, and signed. @throws Rejected EventTooLarge. */
export function bodyOf({ body = '', isBase64Encoded }: LambdaFunctionURLEvent): Buffer {
  if (body.length > (isBase64Encoded ? (LARGEST * 4) / 3 + 4 : LARGEST)) throw tooLarge();
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > LARGEST) throw tooLarge();
  return bytes;
}

/** @throws Rejected EventNotJson. */
export function textOf(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Rejected('EventNotJson', 'The body is not UTF-8.', { cause });
  }
}

function tooLarge(): Rejected {
  return new Rejected('EventTooLarge', `The event has more than ${LARGEST} bytes.`, {
    hint: 'No event that gitferry knows is so large.',
  });
}
