import type { FetchCapabilities } from './capabilities.ts';
import type { Oid } from './object.ts';
import { DELIMITER, FLUSH, pkt } from './pkt-line.ts';

/** What to ask upload-pack for. */
export interface FetchRequest {
  readonly want: readonly Oid[];
  /** Commits that the server may take as known; it then leaves out what they hold. */
  readonly have?: readonly Oid[];
  /** Of `have`: without their parents. */
  readonly shallow?: readonly Oid[];
  /** So many commits deep, 1 or more; absent: with all of history. */
  readonly depth?: number;
  readonly filter?: 'blob:none' | 'tree:0';
  /** Deltas may build on what `have` holds. */
  readonly thin?: boolean;
}

const AGENT = 'agent=git/gitferry';

/** The body of a fetch in protocol v2 (gitprotocol-v2, “fetch”). */
function version2(request: FetchRequest, server: FetchCapabilities): Buffer {
  const lines = [
    ...(request.thin === true ? ['thin-pack'] : []),
    'ofs-delta',
    'no-progress',
    ...(request.filter === undefined || !server.filter ? [] : [`filter ${request.filter}`]),
    ...(server.shallow ? (request.shallow ?? []).map((oid) => `shallow ${oid}`) : []),
    ...(request.depth === undefined || !server.shallow ? [] : [`deepen ${request.depth}`]),
    ...request.want.map((oid) => `want ${oid}`),
    ...(request.have ?? []).map((oid) => `have ${oid}`),
    'done',
  ];
  return Buffer.concat([
    pkt('command=fetch\n'),
    ...(server.agent ? [pkt(`${AGENT}\n`)] : []),
    ...(server.objectFormat ? [pkt('object-format=sha1\n')] : []),
    DELIMITER,
    ...lines.map((line) => pkt(`${line}\n`)),
    FLUSH,
  ]);
}

/** The same in protocol v0 (gitprotocol-pack, “Packfile Negotiation”). */
function version0(request: FetchRequest, server: FetchCapabilities): Buffer {
  const filter = request.filter !== undefined && server.filter;
  const words = [
    'side-band-64k',
    'ofs-delta',
    'no-progress',
    ...(request.thin === true ? ['thin-pack'] : []),
    ...(server.shallow ? ['shallow'] : []),
    ...(filter ? ['filter'] : []),
    ...(server.agent ? [AGENT] : []),
  ].join(' ');
  return Buffer.concat([
    ...request.want.map((oid, at) => pkt(at === 0 ? `want ${oid} ${words}\n` : `want ${oid}\n`)),
    ...(server.shallow ? (request.shallow ?? []).map((oid) => pkt(`shallow ${oid}\n`)) : []),
    ...(request.depth === undefined || !server.shallow ? [] : [pkt(`deepen ${request.depth}\n`)]),
    ...(filter ? [pkt(`filter ${request.filter}\n`)] : []),
    FLUSH,
    ...(request.have ?? []).map((oid) => pkt(`have ${oid}\n`)),
    pkt('done\n'),
  ]);
}

/** The body of the request, in the server's protocol. What the server does not offer is left out. */
export function renderFetch(request: FetchRequest, server: FetchCapabilities): Buffer {
  return server.version === 2 ? version2(request, server) : version0(request, server);
}

/** The body of `ls-refs` (v2 only) for refs that begin like these. */
export function renderListRefs(refs: readonly string[], server: FetchCapabilities): Buffer {
  return Buffer.concat([
    pkt('command=ls-refs\n'),
    ...(server.agent ? [pkt(`${AGENT}\n`)] : []),
    ...(server.objectFormat ? [pkt('object-format=sha1\n')] : []),
    DELIMITER,
    ...refs.map((ref) => pkt(`ref-prefix ${ref}\n`)),
    FLUSH,
  ]);
}
