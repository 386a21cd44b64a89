import { createRequire } from 'node:module';

type Zlib = typeof import('pako');

/**
 * Zlib's own interface, by pako: it takes a stream in pieces, synchronously, and says how much of each it used, which Node's
 * does not. Loaded with the first object that is too large for Node's; see shared/image/re2.ts for how.
 */
export function zlib(): Zlib {
  const loaded: unknown = typeof require === 'function' ? require('pako') : createRequire(import.meta.url)('pako');
  return loaded as Zlib;
}
