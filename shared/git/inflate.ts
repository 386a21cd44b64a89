import {
  Z_BUF_ERROR,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  ZStream,
  zlibInflate,
  zlibInflateInit,
  zlibInflateReset,
} from 'pako';

/** Room for what is inflated and not kept. */
const SCRATCH = 0x10000;
const NOTHING = new Uint8Array(0);

/**
 * Takes deflated objects off a stream of bytes, one after another; only the inflater knows where each ends. Synchronous,
 * as Node's own zlib is not when it streams, and one state for all objects, which Node's own needs anew (40 kB) for each.
 */
export class Inflater {
  readonly #stream = new ZStream();
  #scratch: Uint8Array<ArrayBuffer> | null = null;
  #size = 0;
  #kept: Uint8Array<ArrayBuffer> | null = null;
  #written = 0;

  constructor() {
    zlibInflateInit(this.#stream);
  }

  /** Begins with an object that claims this size; its bytes are kept, or only counted. */
  begin(size: number, keep: boolean): void {
    zlibInflateReset(this.#stream);
    this.#size = size;
    this.#written = 0;
    this.#kept = keep ? new Uint8Array(size) : null;
  }

  /**
   * Feeds what has arrived. `used` tells how much of it belonged to the object, `bytes` the object once it has ended (empty
   * when it is not kept). Throws RangeError for what can not be inflated, or has another size than it claims.
   */
  write(input: Uint8Array): { readonly used: number; readonly bytes: Uint8Array | null } {
    const stream = this.#stream;
    stream.input = input;
    stream.next_in = 0;
    stream.avail_in = input.length;
    let status: number = Z_OK;
    while (status === Z_OK && (stream.avail_in > 0 || stream.avail_out === 0)) status = this.#step();
    if (status !== Z_OK && status !== Z_BUF_ERROR && status !== Z_STREAM_END) {
      throw new RangeError('an object can not be inflated');
    }
    const ended = status === Z_STREAM_END;
    // Input that is left means that there was no room for what it would have become.
    if (ended ? this.#written !== this.#size : stream.avail_in > 0) {
      throw new RangeError('an object has another size than it claims');
    }
    return { used: input.length - stream.avail_in, bytes: ended ? (this.#kept ?? NOTHING) : null };
  }

  #step(): number {
    const stream = this.#stream;
    const left = this.#size - this.#written;
    if (this.#kept === null) {
      this.#scratch ??= new Uint8Array(SCRATCH);
      stream.output = this.#scratch;
      stream.next_out = 0;
      stream.avail_out = Math.min(SCRATCH, left);
    } else {
      stream.output = this.#kept;
      stream.next_out = this.#written;
      stream.avail_out = left;
    }
    const room = stream.avail_out;
    const status = zlibInflate(stream, Z_NO_FLUSH);
    this.#written += room - stream.avail_out;
    // Without progress, more of either is needed: the caller tells which.
    return status === Z_OK && room === stream.avail_out && room === 0 ? Z_BUF_ERROR : status;
  }
}
