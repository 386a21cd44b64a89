import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { makeDelta } from './delta.ts';
import type { GitObject, Objects, Oid } from './object.ts';

const CODES = { commit: 1, tree: 2, blob: 3 } as const;
const REF_DELTA = 7;

function entryHead(code: number, size: number): Buffer {
  const bytes = [(code << 4) | (size & 0x0f)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) as number) | 0x80;
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes);
}

/**
 * A pack of these objects (gitformat-pack, version 2). `bases` names, for some of them, an object that the server holds
 * and that differs little: these become deltas (a thin pack).
 */
export function writePack(
  objects: Objects,
  bases: ReadonlyMap<Oid, { readonly oid: Oid } & GitObject> = new Map(),
): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK', 'latin1');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects.size, 8);
  const parts: Uint8Array[] = [header];
  for (const [oid, { type, bytes }] of objects) {
    const base = bases.get(oid);
    const delta = base === undefined ? null : makeDelta(base.bytes, bytes);
    if (base !== undefined && delta !== null && delta.length < bytes.length / 2) {
      parts.push(entryHead(REF_DELTA, delta.length), Buffer.from(base.oid, 'hex'), deflateSync(delta));
    } else {
      parts.push(entryHead(CODES[type], bytes.length), deflateSync(bytes));
    }
  }
  const checksum = createHash('sha1');
  for (const part of parts) checksum.update(part);
  return Buffer.concat([...parts, checksum.digest()]);
}
