import fc from 'fast-check';

/** One way to damage bytes; positions are fractions of their length, so that one mutation fits any archive. */
export type Mutation = (bytes: Buffer) => Buffer;

const place = fc.double({ min: 0, max: 1, noNaN: true });

function at(bytes: Buffer, fraction: number): number {
  return Math.min(bytes.length - 1, Math.floor(fraction * bytes.length));
}

const truncated = place.map(
  (end): Mutation =>
    (bytes) =>
      bytes.subarray(0, at(bytes, end) + 1),
);

const flipped = fc.tuple(place, fc.nat(7)).map(
  ([where, bit]): Mutation =>
    (bytes) => {
      const copy = Buffer.from(bytes);
      const index = at(copy, where);
      copy[index] = (copy[index] ?? 0) ^ (1 << bit);
      return copy;
    },
);

const overwritten = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 12 })).map(
  ([where, patch]): Mutation =>
    (bytes) => {
      const copy = Buffer.from(bytes);
      copy.set(patch.subarray(0, copy.length - at(copy, where)), at(copy, where));
      return copy;
    },
);

const repeated = fc.tuple(place, place).map(
  ([one, other]): Mutation =>
    (bytes) => {
      const [start, end] = [at(bytes, Math.min(one, other)), at(bytes, Math.max(one, other))];
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
    },
);

const cut = fc.tuple(place, place).map(
  ([one, other]): Mutation =>
    (bytes) => {
      const [start, end] = [at(bytes, Math.min(one, other)), at(bytes, Math.max(one, other))];
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
    },
);

const extended = fc.uint8Array({ minLength: 1, maxLength: 600 }).map(
  (more): Mutation =>
    (bytes) =>
      Buffer.concat([bytes, more]),
);

/** One to three of these in a row. */
export const mutations = fc
  .array(fc.oneof(truncated, flipped, flipped, overwritten, repeated, cut, extended), { minLength: 1, maxLength: 3 })
  .map(
    (steps): Mutation =>
      (bytes) =>
        steps.reduce((changed, step) => (changed.length === 0 ? changed : step(changed)), bytes),
  );
