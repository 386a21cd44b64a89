/** A field as SSH frames it: its length in four bytes, then its bytes (RFC 4251, section 5, `string`). */
export function field(bytes: string | Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(bytes));
  return Buffer.concat([length, Buffer.from(bytes)]);
}

/** A positive number as a field: no leading zeros, but one where the first bit is set (`mpint`). */
export function mpint(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(first));
  return field((digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

/** Takes fields off bytes, one after another. Throws RangeError where they end too early. */
export class WireReader {
  #bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  take(length: number): Buffer {
    if (length > this.#bytes.length) throw new RangeError('the bytes end within a field');
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  number(): number {
    return this.take(4).readUInt32BE();
  }

  field(): Buffer {
    return this.take(this.number());
  }

  text(): string {
    return this.field().toString('latin1');
  }

  /** A positive `mpint` without its leading zero. */
  mpint(): Buffer {
    const bytes = this.field();
    return bytes[0] === 0 ? bytes.subarray(1) : bytes;
  }

  get empty(): boolean {
    return this.#bytes.length === 0;
  }
}
