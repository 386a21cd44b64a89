import { inflateSync } from 'node:zlib';
import { zlib } from './zlib.ts';

/** Up to this many bytes an object is inflated in one go, once all its input is there. */
const AT_ONCE = 2 ** 20;
/** Room for a piece of a larger one. */
const PIECE = 2 ** 16;

/** Takes a deflated object off a stream of bytes whose own end only the inflater knows. */
export interface Inflater {
  /**
   * Feeds what has arrived (again what was not used before), or all that will ever arrive; answers how much of it was used.
   */
  write(input: Buffer, last: boolean): number;
  /** The inflated bytes (empty when they are not kept), or null until the object has ended. */
  readonly result: Uint8Array | null;
}

/** Objects of the common sizes: Node's zlib, which can't stream synchronously, tried again when much more has arrived. */
class AtOnce implements Inflater {
  readonly #size: number;
  /** Fewer bytes than these are not tried: a byte at a time, trying would never end. */
  #enough = 0;
  result: Uint8Array | null = null;

  constructor(size: number) {
    this.#size = size;
  }

  write(input: Buffer, last: boolean): number {
    if (input.length < this.#enough && !last) return 0;
    // Room for more than was announced, so that the end of the input is always seen.
    const room = this.#size + 64;
    try {
      const options = { info: true, chunkSize: room, maxOutputLength: room };
      const { buffer, engine } = inflateSync(input, options) as unknown as {
        readonly buffer: Buffer;
        readonly engine: { readonly bytesWritten: number };
      };
      if (buffer.length !== this.#size) throw new RangeError('an object has another size than it claims');
      this.result = buffer;
      return engine.bytesWritten;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'Z_BUF_ERROR' && input.length <= room + AT_ONCE) {
        this.#enough = input.length * 1.25;
        return 0;
      }
      if (code === 'ERR_BUFFER_TOO_LARGE') throw new RangeError('an object has another size than it claims');
      if (code?.startsWith('Z_') === true) throw new RangeError('an object can not be inflated');
      throw error;
    }
  }
}

/** Large objects: piece by piece, so that what is not kept costs no memory. */
class Streaming implements Inflater {
  readonly #size: number;
  readonly #kept: Buffer | null;
  readonly #zlib = zlib();
  readonly #stream = new this.#zlib.ZStream();
  #written = 0;
  result: Uint8Array | null = null;

  constructor(size: number, keep: boolean) {
    this.#size = size;
    this.#kept = keep ? Buffer.allocUnsafe(size) : null;
    this.#stream.output = new Uint8Array(PIECE);
    this.#zlib.zlibInflateInit(this.#stream);
  }

  write(input: Buffer): number {
    const { Z_BUF_ERROR, Z_NO_FLUSH, Z_OK, Z_STREAM_END, zlibInflate } = this.#zlib;
    const stream = this.#stream;
    stream.input = input;
    stream.next_in = 0;
    stream.avail_in = input.length;
    let status: number = Z_OK;
    do {
      stream.next_out = 0;
      stream.avail_out = PIECE;
      status = zlibInflate(stream, Z_NO_FLUSH);
      if (this.#written + stream.next_out > this.#size) {
        throw new RangeError('an object has another size than it claims');
      }
      this.#kept?.set(stream.output.subarray(0, stream.next_out), this.#written);
      this.#written += stream.next_out;
    } while (status === Z_OK && (stream.avail_in > 0 || stream.avail_out === 0));
    if (status === Z_STREAM_END) {
      if (this.#written !== this.#size) throw new RangeError('an object has another size than it claims');
      this.result = this.#kept ?? new Uint8Array(0);
    } else if (status !== Z_OK && status !== Z_BUF_ERROR) {
      throw new RangeError('an object can not be inflated');
    }
    return input.length - stream.avail_in;
  }
}

/** An inflater for an object of this size. Its `write` throws RangeError for what is no object of this size. */
export function inflater(size: number, keep: boolean): Inflater {
  return size <= AT_ONCE ? new AtOnce(size) : new Streaming(size, keep);
}
