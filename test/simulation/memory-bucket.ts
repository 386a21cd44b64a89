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
  #clock = 0;

  etagOf(bytes: Uint8Array): string {
    return createHash('md5').update(bytes).digest('hex');
  }

  put(key: string, bytes: Uint8Array): ObjectInfo {
    const etag = this.etagOf(bytes);
    this.#clock += 1000;
    const modified = new Date(this.#clock).toISOString();
    const object = { key, etag, versionId: null, size: bytes.length, modified, bytes };
    this.objects.set(key, object);
    return object;
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
