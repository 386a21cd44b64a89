import { createHash } from 'node:crypto';
import { Rejected } from '../../shared/errors.ts';
import type { Bucket, ObjectInfo } from '../../shared/source/bucket.ts';
import type { Gate } from './memory-remote.ts';

export interface Stored extends ObjectInfo {
  readonly bytes: Uint8Array;
}

/** What is in the bucket now; uploads are told apart by a clock that only the simulation moves. */
export class MemoryStore {
  readonly objects = new Map<string, Stored>();
  /** What was ever there, and from when until when. */
  readonly past: { readonly object: Stored; readonly from: number; to: number }[] = [];
  /** Milliseconds since 1970. */
  clock = 1_700_000_000_000;
  /** How many things have happened in the world. */
  tick = 0;

  etagOf(bytes: Uint8Array): string {
    return createHash('md5').update(bytes).digest('hex');
  }

  put(key: string, bytes: Uint8Array): ObjectInfo {
    const etag = this.etagOf(bytes);
    this.clock += 1000;
    const modified = new Date(this.clock).toISOString();
    const object = { key, etag, versionId: null, size: bytes.length, modified, bytes };
    this.remove(key);
    this.objects.set(key, object);
    this.past.push({ object, from: this.tick, to: Number.POSITIVE_INFINITY });
    return object;
  }

  /** False for what was not there. */
  remove(key: string): boolean {
    const last = this.past.findLast(({ object }) => object === this.objects.get(key));
    if (last !== undefined) last.to = this.tick;
    return this.objects.delete(key);
  }
}

export function memoryBucket(store: MemoryStore, gate: Gate): Bucket {
  const { objects } = store;
  return {
    async head(_bucket, key) {
      await gate('head');
      return objects.get(key) ?? null;
    },
    async get(_bucket, key, limit) {
      await gate('get');
      const object = objects.get(key);
      if (object === undefined) return null;
      if (object.size > limit) throw new Rejected('ObjectTooLarge', 'too large');
      return { ...object, metadata: {} };
    },
    async *list(_bucket, prefix) {
      await gate('list');
      for (const key of [...objects.keys()].sort()) {
        const object = objects.get(key);
        if (key.startsWith(prefix) && object !== undefined) yield object;
      }
    },
    async put() {},
    async remove() {},
    async expiring() {
      return [];
    },
  };
}
