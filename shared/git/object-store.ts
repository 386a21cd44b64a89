import type { GitObject, Oid } from './object.ts';

/** Blobs are seldom read twice: only small ones, such as configuration and records, are worth their place. */
const LARGEST_BLOB = 0x10000;

/** Objects that this process has seen, up to a number of bytes: those that were used last stay. */
export class ObjectStore {
  readonly #objects = new Map<Oid, GitObject>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(oid: Oid): GitObject | undefined {
    const object = this.#objects.get(oid);
    if (object === undefined) return undefined;
    this.#objects.delete(oid);
    this.#objects.set(oid, object);
    return object;
  }

  add(oid: Oid, object: GitObject): void {
    const largest = object.type === 'blob' ? LARGEST_BLOB : this.#limit / 4;
    if (this.#objects.has(oid) || object.bytes.length > largest) return;
    // Bytes that were cut from a larger buffer would keep all of it alive.
    const bytes = object.bytes.byteLength === object.bytes.buffer.byteLength ? object.bytes : object.bytes.slice();
    this.#objects.set(oid, { type: object.type, bytes });
    this.#bytes += bytes.length;
    for (const [oldest, { bytes: least }] of this.#objects) {
      if (this.#bytes <= this.#limit) break;
      this.#objects.delete(oldest);
      this.#bytes -= least.length;
    }
  }
}
