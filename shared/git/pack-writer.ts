import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { makeDelta } from './delta.ts';
import type { GitObject, Objects, Oid } from './object.ts';

const CODES = { commit: 1, tree: 2, blob: 3 } as const;
const REF_DELTA = 7;
/** Readers follow a chain of deltas one by one; git's own packs are about as deep. */
const DEEPEST = 50;

function entryHead(code: number, size: number): Buffer {
  const bytes = [(code << 4) | (size & 0x0f)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) as number) | 0x80;
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes);
}

/**
 * A pack of these objects (gitformat-pack, version 2). An object that is `like` another of the pack is written as a delta
 * of that one; `held` names what the server holds beside (then the pack is a thin one).
 */
export function writePack(objects: Objects, held: (oid: Oid) => GitObject | undefined = () => undefined): Buffer {
  const header = Buffer.alloc(12);
  header.write('PACK', 'latin1');
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects.size, 8);
  const parts: Uint8Array[] = [header];
  const depths = new Map<Oid, number>();
  const depthOf = (oid: Oid): number => {
    const known = depths.get(oid);
    if (known !== undefined) return known;
    const { like } = objects.get(oid) ?? {};
    // A cycle ends at the entry that is being asked for.
    depths.set(oid, 0);
    const depth = like === undefined ? 0 : (depthOf(like) + 1) % (DEEPEST + 1);
    depths.set(oid, depth);
    return depth;
  };
  for (const [oid, { type, bytes, like }] of objects) {
    const base = like === undefined || depthOf(oid) === 0 ? undefined : (objects.get(like) ?? held(like));
    const delta = base?.type === type ? makeDelta(base.bytes, bytes) : null;
    if (like !== undefined && delta !== null && delta.length < bytes.length / 2) {
      parts.push(entryHead(REF_DELTA, delta.length), Buffer.from(like, 'hex'), deflateSync(delta));
    } else {
      parts.push(entryHead(CODES[type], bytes.length), deflateSync(bytes));
    }
  }
  const checksum = createHash('sha1');
  for (const part of parts) checksum.update(part);
  return Buffer.concat([...parts, checksum.digest()]);
}
