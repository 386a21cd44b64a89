import { Retryable } from '../errors.ts';
import { type FetchCapabilities, type PushCapabilities, parseVersion0, readVersion2 } from './capabilities.ts';
import type { Oid } from './object.ts';
import type { PacketReader } from './pkt-line.ts';

/** What `info/refs` said. In protocol v0 it carries the refs; `refs` is null where they are to be asked for (v2). */
export interface Advertisement {
  readonly fetch: FetchCapabilities;
  readonly push: PushCapabilities | null;
  readonly refs: ReadonlyMap<string, Oid> | null;
}

const OID = /^[0-9a-f]{40}$/u;

/** One line of a list of refs: `<oid> <name>`, with more behind a space in v2. Throws Retryable AnswerBroken. */
export function parseRef(line: string): { readonly oid: Oid; readonly ref: string } {
  const [oid = '', ref = ''] = line.split(' ');
  if (OID.test(oid) && ref !== '') return { oid, ref };
  throw new Retryable('AnswerBroken', 'The Git server’s list of refs can not be read.', {
    hint: 'It will be asked again.',
  });
}

/**
 * Reads an advertisement and hangs up as soon as it has the wanted refs (of a v0 list of any length, none when only the
 * capabilities are of interest).
 */
export async function readAdvertisement(reader: PacketReader, wanted: readonly string[]): Promise<Advertisement> {
  try {
    let line = await reader.line();
    if (line?.startsWith('# service=') === true) {
      await reader.next();
      line = await reader.line();
    }
    if (line === 'version 2') {
      const fetch = await readVersion2(reader);
      await reader.finish();
      return { fetch, push: null, refs: null };
    }
    if (line === 'version 1') line = await reader.line();
    const [first = '', words = ''] = (line ?? '').split('\0');
    const { push, ...fetch } = parseVersion0(words);
    const refs = new Map<string, Oid>();
    for (let rest: string | null = first; rest !== null && refs.size < wanted.length; rest = await reader.line()) {
      const { oid, ref } = parseRef(rest);
      if (wanted.includes(ref)) refs.set(ref, oid);
    }
    return { fetch, push, refs };
  } finally {
    await reader.close();
  }
}

/** Reads the answer to `ls-refs` (v2): the wanted refs that exist. */
export async function readRefs(reader: PacketReader, wanted: readonly string[]): Promise<ReadonlyMap<string, Oid>> {
  const refs = new Map<string, Oid>();
  for (let line = await reader.line(); line !== null; line = await reader.line()) {
    const { oid, ref } = parseRef(line);
    if (wanted.includes(ref)) refs.set(ref, oid);
  }
  await reader.finish();
  return refs;
}
