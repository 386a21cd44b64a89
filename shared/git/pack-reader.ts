import { createHash } from 'node:crypto';
import { Retryable, Stalled } from '../errors.ts';
import { applyDelta, deltaResultSize } from './delta.ts';
import { type Inflater, inflater } from './inflate.ts';
import { type GitObject, type Oid, oidOf } from './object.ts';
import { type EntryHead, type ObjectType, readEntryHead } from './pack-entry.ts';

/** What the reader is told about the pack. */
export interface PackOptions {
  /** Objects of other types are passed over, and never held in memory. */
  readonly keep: (type: ObjectType) => boolean;
  /** Called with each kept object, as soon as it is whole. */
  readonly onObject: (oid: Oid, object: GitObject) => void;
  /** An object that the client already holds: the base of a delta in a thin pack. */
  readonly base: (oid: Oid) => GitObject | undefined;
  /** Bytes of kept objects and waiting deltas, all together. */
  readonly limit: number;
}

/** A delta whose base has not been seen yet, and where it stands in the pack. */
interface Waiting {
  readonly at: number;
  readonly delta: Uint8Array;
}

interface Entry extends EntryHead {
  readonly at: number;
  readonly inflate: Inflater;
}

/** The object that an entry became; without bytes when it was passed over. */
interface Known {
  readonly type: ObjectType;
  readonly object: GitObject | null;
}

const CHECKSUM = 20;
const HEADER = 12;
/** What remembering one entry costs, roughly: a pack of millions of tiny entries must not fill the memory either. */
const ENTRY = 64;

/**
 * Reads a pack as it arrives (gitformat-pack), in memory that does not depend on the pack's size. The caller may stop at
 * any time: each object is already checked, since its id is computed from what it holds. Methods throw Retryable PackBroken
 * for what is no pack, and Stalled PackTooLarge for one that would not fit.
 */
export class PackReader {
  readonly #options: PackOptions;
  readonly #checksum = createHash('sha1');
  readonly #byOffset = new Map<number, Known>();
  readonly #byOid = new Map<Oid, Known>();
  readonly #waiting = new Map<Oid, Waiting[]>();
  #buffer: Buffer = Buffer.alloc(0);
  /** Offset in the pack of the buffer's first byte. */
  #offset = 0;
  #left: number | null = null;
  #entry: Entry | null = null;
  #held = 0;

  constructor(options: PackOptions) {
    this.#options = options;
  }

  /** Whether all objects have been read: then waiting for the rest is cheaper than hanging up. */
  get drained(): boolean {
    return this.#left === 0;
  }

  /** Bytes of the pack that have arrived. */
  get received(): number {
    return this.#offset + this.#buffer.length;
  }

  /** Takes the next bytes of the pack. */
  write(chunk: Uint8Array): void {
    this.#buffer = this.#buffer.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#buffer, chunk]);
    this.#read(false);
    if (this.#left === 0 && this.#buffer.length > CHECKSUM) throw broken('there are bytes behind its end');
  }

  /** Says that nothing follows: the pack must be whole, and undamaged. */
  end(): void {
    this.#read(true);
    if (this.#left !== 0 || this.#buffer.length !== CHECKSUM) throw broken('it is cut off');
    if (!this.#checksum.digest().equals(this.#buffer)) throw broken('its checksum does not match');
  }

  #read(last: boolean): void {
    try {
      while (this.#step(last));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw broken(error.message);
    }
  }

  #consume(length: number): void {
    this.#checksum.update(this.#buffer.subarray(0, length));
    this.#buffer = this.#buffer.subarray(length);
    this.#offset += length;
  }

  /** Takes one thing off the buffer; false when more must arrive first. */
  #step(last: boolean): boolean {
    if (this.#left === null) return this.#readHeader();
    if (this.#left === 0) return false;
    if (this.#entry === null) {
      const at = this.#offset;
      const head = readEntryHead(this.#buffer, at);
      if (head === null) return false;
      this.#consume(head.length);
      this.#entry = { ...head, at, inflate: inflater(head.size, this.#reserve(head)) };
    }
    const { inflate } = this.#entry;
    this.#consume(inflate.write(this.#buffer, last));
    if (inflate.result === null) return false;
    this.#finish(this.#entry, inflate.result);
    this.#entry = null;
    this.#left -= 1;
    return true;
  }

  #readHeader(): boolean {
    if (this.#buffer.length < HEADER) return false;
    const version = this.#buffer.readUInt32BE(4);
    if (this.#buffer.toString('latin1', 0, 4) !== 'PACK' || (version !== 2 && version !== 3)) {
      throw new RangeError('it does not begin like a pack');
    }
    this.#left = this.#buffer.readUInt32BE(8);
    this.#consume(HEADER);
    return true;
  }

  /** Whether the entry is worth its memory; then the memory is counted. */
  #reserve({ type, size, base }: EntryHead): boolean {
    const known = typeof base === 'number' ? this.#byOffset.get(base) : undefined;
    if (typeof base === 'number' && known === undefined) throw new RangeError('a delta names no object of the pack');
    const keep = type === 'delta' ? known === undefined || known.object !== null : this.#options.keep(type);
    this.#hold(keep ? ENTRY + size : ENTRY);
    return keep;
  }

  #hold(bytes: number): void {
    this.#held += bytes;
    if (this.#held <= this.#options.limit) return;
    throw new Stalled('PackTooLarge', 'The Git server sent more than fits into memory.', {
      hint: 'Give the function more memory, or keep large files out of the folders that gitferry writes to.',
      facts: { limit: this.#options.limit },
    });
  }

  #finish({ type, base, at }: Entry, bytes: Uint8Array): void {
    if (type !== 'delta') {
      this.#add(at, type, bytes);
      return;
    }
    const known = typeof base === 'number' ? this.#byOffset.get(base) : this.#find(base as Oid);
    if (known !== undefined) {
      this.#resolve(at, known, bytes);
      return;
    }
    const others = this.#waiting.get(base as Oid);
    if (others === undefined) this.#waiting.set(base as Oid, [{ at, delta: bytes }]);
    else others.push({ at, delta: bytes });
    this.#byOffset.set(at, { type: 'unknown', object: null });
  }

  #find(oid: Oid): Known | undefined {
    const outside = this.#options.base(oid);
    return this.#byOid.get(oid) ?? (outside === undefined ? undefined : { type: outside.type, object: outside });
  }

  #resolve(at: number, base: Known, delta: Uint8Array): void {
    if (base.object === null) {
      this.#byOffset.set(at, base);
      return;
    }
    this.#hold(deltaResultSize(delta));
    this.#add(at, base.type, applyDelta(base.object.bytes, delta, this.#options.limit));
  }

  /** Takes an object in, and then (in a loop: chains may be long) whatever was waiting for it. */
  #add(at: number, type: ObjectType, bytes: Uint8Array): void {
    if (type === 'tag' || type === 'unknown' || !this.#options.keep(type)) {
      this.#byOffset.set(at, { type, object: null });
      return;
    }
    const ready = [{ at, bytes }];
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const object: GitObject = { type, bytes: next.bytes };
      const oid = oidOf(object);
      const known = { type, object };
      this.#byOffset.set(next.at, known);
      this.#byOid.set(oid, known);
      this.#options.onObject(oid, object);
      for (const waiting of this.#waiting.get(oid) ?? []) {
        this.#hold(deltaResultSize(waiting.delta));
        ready.push({ at: waiting.at, bytes: applyDelta(object.bytes, waiting.delta, this.#options.limit) });
      }
      this.#waiting.delete(oid);
    }
  }
}

function broken(why: string): Retryable {
  return new Retryable('PackBroken', `The Git server’s pack can not be used: ${why}.`, {
    hint: 'It will be asked again; a proxy in between may damage answers.',
  });
}
