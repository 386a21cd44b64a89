import { Rejected } from '../errors.ts';

export function notUtf8(cause?: unknown): Rejected {
  return new Rejected('NotUtf8', 'The file is not UTF-8.', { hint: 'Save it in UTF-8.', cause });
}

/**
 * A file as text that becomes the same bytes again: a byte order mark stays.
 *
 * @throws Rejected `NotUtf8`
 */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw notUtf8(cause);
  }
}
