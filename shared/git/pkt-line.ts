import { Retryable } from '../errors.ts';

/** A packet's payload, or one of the three marks that carry none (gitprotocol-common, gitprotocol-v2). */
export type Packet = Buffer | 'flush' | 'delimiter' | 'end';

export const FLUSH = Buffer.from('0000');
export const DELIMITER = Buffer.from('0001');

/** Frames a payload: four hex digits of its length, these four included. */
export function pkt(payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

function broken(sentence: string): Retryable {
  return new Retryable('AnswerBroken', sentence, {
    hint: 'It will be asked again; a proxy in between may cut answers.',
  });
}

/** Takes packets from the body of an answer as they arrive. */
export class PacketReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** True once there are this many bytes; false when the body ends before. */
  async #fill(length: number): Promise<boolean> {
    while (this.#buffer.length < length) {
      const { value, done } = await this.#source.next();
      if (done === true) return false;
      this.#buffer = this.#buffer.length === 0 ? Buffer.from(value) : Buffer.concat([this.#buffer, value]);
    }
    return true;
  }

  #take(length: number): Buffer {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  /** The next packet, or null at the end of the body. Throws Retryable AnswerBroken. */
  async next(): Promise<Packet | null> {
    if (!(await this.#fill(4))) {
      if (this.#buffer.length === 0) return null;
      throw broken('The Git server’s answer ended within a packet.');
    }
    const digits = this.#take(4).toString('latin1');
    if (!/^[0-9a-f]{4}$/iu.test(digits)) throw broken('The Git server’s answer is not made of packets.');
    const length = Number.parseInt(digits, 16);
    if (length === 0) return 'flush';
    if (length === 1) return 'delimiter';
    if (length === 2) return 'end';
    if (length === 3 || length > 65520) throw broken('The Git server sent a packet of an impossible length.');
    if (!(await this.#fill(length - 4))) throw broken('The Git server’s answer ended within a packet.');
    return this.#take(length - 4);
  }

  /** The next packet as a line of text without its newline; null for a mark or the end. */
  async line(): Promise<string | null> {
    const packet = await this.next();
    return packet instanceof Buffer ? packet.toString('utf8').replace(/\n$/u, '') : null;
  }

  /** Reads what is left of an answer that has said all: its connection can then be used again. */
  async finish(): Promise<void> {
    while ((await this.#source.next()).done !== true);
  }

  /** Hangs up: what has not arrived is not read. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }
}
