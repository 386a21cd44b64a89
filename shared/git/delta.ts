/** Reads a size as deltas write it: seven bits a byte, least significant first. Throws RangeError. */
function readSize(delta: Uint8Array, at: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let shift = 0; shift <= 42; shift += 7) {
    const byte = delta[at];
    if (byte === undefined) break;
    at += 1;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, next: at };
  }
  throw new RangeError('a delta’s size can not be read');
}

/** The size of what the delta makes, as it claims. Throws RangeError. */
export function deltaResultSize(delta: Uint8Array): number {
  return readSize(delta, readSize(delta, 0).next).value;
}

/** Applies a delta (gitformat-pack, “Deltified representation”). Throws RangeError when base, delta and sizes disagree. */
export function applyDelta(base: Uint8Array, delta: Uint8Array, limit: number): Uint8Array {
  const source = readSize(delta, 0);
  const target = readSize(delta, source.next);
  if (source.value !== base.length) throw new RangeError('a delta is meant for another base');
  if (target.value > limit) throw new RangeError('a delta makes an object that is too large');
  const result = Buffer.allocUnsafe(target.value);
  let to = 0;
  for (let at = target.next; at < delta.length; ) {
    const op = delta[at++] as number;
    let [from, length, bytes] = [at, op, delta];
    if (op >= 0x80) {
      let [offset, size] = [0, 0];
      for (let i = 0; i < 4; i++) if (op & (1 << i)) offset += (delta[at++] ?? 0) * 2 ** (8 * i);
      for (let i = 0; i < 3; i++) if (op & (0x10 << i)) size += (delta[at++] ?? 0) * 2 ** (8 * i);
      [from, length, bytes] = [offset, size === 0 ? 0x10000 : size, base];
    } else {
      if (op === 0) throw new RangeError('a delta has an unknown instruction');
      at += length;
    }
    if (from + length > bytes.length || to + length > result.length) throw new RangeError('a delta reaches too far');
    result.set(bytes.subarray(from, from + length), to);
    to += length;
  }
  if (to !== result.length) throw new RangeError('a delta makes less than it claims');
  return result;
}

function size(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/** Instructions that copy a span of the base, 64 kB at a time. */
function copy(from: number, length: number): number[] {
  const bytes: number[] = [];
  for (; length > 0; from += 0xffff, length -= 0xffff) {
    const part = Math.min(length, 0xffff);
    const fields = [from & 0xff, (from >>> 8) & 0xff, (from >>> 16) & 0xff, from >>> 24, part & 0xff, part >>> 8];
    bytes.push(0xb0 | 0x0f, ...fields);
  }
  return bytes;
}

/**
 * The delta that keeps what both begin and end with, and writes the middle out: all that a tree with a few changed lines
 * needs.
 */
export function makeDelta(base: Uint8Array, target: Uint8Array): Uint8Array {
  const shorter = Math.min(base.length, target.length);
  let start = 0;
  while (start < shorter && base[start] === target[start]) start += 1;
  let end = 0;
  while (end < shorter - start && base.at(-1 - end) === target.at(-1 - end)) end += 1;
  const parts: Uint8Array[] = [Uint8Array.from([...size(base.length), ...size(target.length), ...copy(0, start)])];
  for (let at = start; at < target.length - end; at += 0x7f) {
    const middle = target.subarray(at, Math.min(at + 0x7f, target.length - end));
    parts.push(Uint8Array.of(middle.length), middle);
  }
  parts.push(Uint8Array.from(copy(base.length - end, end)));
  return Buffer.concat(parts);
}
