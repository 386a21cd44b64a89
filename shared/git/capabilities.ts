import { Stalled } from '../errors.ts';
import type { PacketReader } from './pkt-line.ts';

/** What upload-pack can do, as far as gitferry asks for it. */
export interface FetchCapabilities {
  readonly version: 0 | 2;
  readonly filter: boolean;
  readonly shallow: boolean;
  readonly agent: boolean;
  readonly objectFormat: boolean;
}

/** What receive-pack can do, as far as gitferry asks for it. */
export interface PushCapabilities {
  readonly atomic: boolean;
  readonly sideBand: boolean;
  readonly thin: boolean;
}

/** Throws Stalled for a repository whose objects are not named by SHA-1. */
function checkFormat(format: string | undefined): void {
  if (format === undefined || format === 'sha1') return;
  throw new Stalled('ObjectFormatUnsupported', `The repository names its objects by ${format}, not by SHA-1.`, {
    hint: 'gitferry supports SHA-1 repositories only, for now.',
    facts: { format: format.slice(0, 20) },
  });
}

/** Protocol v2: one capability a line, `fetch=shallow filter`, up to a flush (gitprotocol-v2). */
export async function readVersion2(reader: PacketReader): Promise<FetchCapabilities> {
  const capabilities = new Map<string, string>();
  for (let line = await reader.line(); line !== null; line = await reader.line()) {
    const [name = '', value = ''] = line.split(/=(.*)/su);
    capabilities.set(name, value);
  }
  checkFormat(capabilities.get('object-format'));
  const fetch = (capabilities.get('fetch') ?? '').split(' ');
  return {
    version: 2,
    filter: fetch.includes('filter'),
    shallow: fetch.includes('shallow'),
    agent: capabilities.has('agent'),
    objectFormat: capabilities.has('object-format'),
  };
}

/** Protocol v0: a list behind the first ref's NUL (gitprotocol-capabilities). */
export function parseVersion0(words: string): FetchCapabilities & { readonly push: PushCapabilities } {
  const list = words.trim().split(' ');
  const value = (name: string): string | undefined =>
    list.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  checkFormat(value('object-format'));
  return {
    version: 0,
    filter: list.includes('filter'),
    shallow: list.includes('shallow'),
    agent: value('agent') !== undefined,
    objectFormat: false,
    push: {
      atomic: list.includes('atomic'),
      sideBand: list.includes('side-band-64k'),
      thin: !list.includes('no-thin'),
    },
  };
}
