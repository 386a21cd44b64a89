import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { type GitObject, type Oid, oidOf } from '../../shared/git/object.ts';
import { PackReader } from '../../shared/git/pack-reader.ts';
import { CODE, rawDelta, rawEntry, rawPack } from '../git/pack-bytes.ts';

const MEBIBYTE = 2 ** 20;
const LIMIT = 32 * MEBIBYTE;

function read(pack: Uint8Array, chunk = 60_000, keepBlobs = true): Map<Oid, GitObject> {
  const objects = new Map<Oid, GitObject>();
  const reader = new PackReader({
    keep: (type) => keepBlobs || type !== 'blob',
    onObject: (oid, object) => objects.set(oid, object),
    base: () => undefined,
    limit: LIMIT,
  });
  for (let at = 0; at < pack.length; at += chunk) reader.write(pack.subarray(at, at + chunk));
  reader.end();
  return objects;
}

const HELLO = Buffer.from('hello');
const blob = rawEntry({ code: CODE.blob, bytes: HELLO });
const id = (bytes: Uint8Array): Buffer => Buffer.from(oidOf({ type: 'blob', bytes }), 'hex');
/** Copies the whole of a five-byte base. */
const copyHello = rawDelta(5, 5, 0x90, 5);

test('reads deltas by offset and by id, before and behind their base', () => {
  const offset = rawEntry({ code: CODE.offset, bytes: rawDelta(5, 6, 0x90, 5, 1, 0x21), base: Buffer.of(blob.length) });
  const early = rawEntry({ code: CODE.ref, bytes: rawDelta(5, 6, 0x90, 5, 1, 0x3f), base: id(HELLO) });
  const texts = [...read(rawPack([early, blob]), 1).values(), ...read(rawPack([blob, offset]), 1).values()];
  assert.deepEqual(
    texts.map(({ bytes }) => Buffer.from(bytes).toString()),
    ['hello', 'hello?', 'hello', 'hello!'],
  );
});

/** A pack of a five-byte blob and a delta on it. */
function packOfDelta(delta: Buffer): Buffer {
  return rawPack([blob, rawEntry({ code: CODE.ref, bytes: delta, base: id(HELLO) })]);
}

const big = randomBytes(200_000);
const BROKEN: Readonly<Record<string, Buffer>> = {
  'no pack': Buffer.from('<html>hello, this is a page</html>'),
  empty: Buffer.alloc(0),
  truncated: rawPack([blob]).subarray(0, -7),
  'cut within an object': rawPack([rawEntry({ code: CODE.blob, bytes: big })]).subarray(0, 100_000),
  'with trailing bytes': Buffer.concat([rawPack([blob]), Buffer.from('more')]),
  'with fewer objects than claimed': rawPack([blob], 2),
  'with more objects than claimed': rawPack([blob, blob], 1),
  'whose checksum does not match': Buffer.concat([rawPack([blob]).subarray(0, -1), Buffer.of(1)]),
  'of an unknown version': Buffer.concat([Buffer.from('PACK\0\0\0\x09\0\0\0\0'), Buffer.alloc(20)]),
  'with an unknown type': rawPack([rawEntry({ code: 5, bytes: HELLO })]),
  'with an object that is larger than it claims': rawPack([rawEntry({ code: CODE.blob, bytes: HELLO, size: 3 })]),
  'with an object that is smaller than it claims': rawPack([rawEntry({ code: CODE.blob, bytes: HELLO, size: 9 })]),
  'with a large object that is larger than it claims': rawPack([
    rawEntry({ code: CODE.blob, bytes: big, size: 199_999 }),
  ]),
  'with a large object that is smaller than it claims': rawPack([
    rawEntry({ code: CODE.blob, bytes: big, size: 200_001 }),
  ]),
  'with bytes that do not inflate': rawPack([
    rawEntry({ code: CODE.blob, bytes: HELLO, deflated: Buffer.from('zzzzzzz') }),
  ]),
  'with a delta on nothing': rawPack([blob, rawEntry({ code: CODE.offset, bytes: copyHello, base: Buffer.of(5) })]),
  'with a delta on itself': rawPack([rawEntry({ code: CODE.offset, bytes: copyHello, base: Buffer.of(0) })]),
  'with a delta before the pack': rawPack([
    rawEntry({ code: CODE.offset, bytes: copyHello, base: Buffer.of(0xff, 0x7f) }),
  ]),
  'with a delta for another base': packOfDelta(rawDelta(9, 5, 0x90, 5)),
  'with a delta that copies too much': packOfDelta(rawDelta(5, 9, 0x90, 9)),
  'with a delta that makes too little': packOfDelta(rawDelta(5, 9, 0x90, 5)),
  'with a delta that makes too much': packOfDelta(rawDelta(5, 3, 0x90, 5)),
  'with a delta that ends within an instruction': packOfDelta(rawDelta(5, 5, 0x7f, 1)),
  'with a delta of no instruction': packOfDelta(rawDelta(5, 5, 0)),
  'with a size without end': rawPack([Buffer.from([0xb0, ...new Array(30).fill(0xff)])]),
};

for (const [name, pack] of Object.entries(BROKEN)) {
  test(`refuses a pack ${name}`, () => {
    for (const chunk of [7, 60_000]) {
      assert.throws(() => read(pack, chunk), { name: 'Retryable', reason: 'PackBroken' });
    }
  });
}

test('a cycle of deltas resolves to nothing and ends', () => {
  const [a, b] = [Buffer.alloc(20, 1), Buffer.alloc(20, 2)];
  const cycle = [a, b].map((base) => rawEntry({ code: CODE.ref, bytes: copyHello, base }));
  assert.equal(read(rawPack(cycle)).size, 0);
});

test('a chain of 12,000 deltas, each before its base, does not exhaust the stack', () => {
  const entries: Buffer[] = [blob];
  let bytes: Buffer = HELLO;
  for (let i = 0; i < 12_000; i++) {
    const next = Buffer.from(`hello ${i}`);
    const insert = [...rawDelta(bytes.length, next.length, 0x90, 5, next.length - 5), ...next.subarray(5)];
    entries.unshift(rawEntry({ code: CODE.ref, bytes: Buffer.from(insert), base: id(bytes) }));
    bytes = next;
  }
  assert.equal(read(rawPack(entries)).size, 12_001);
});

/** The most memory beyond what was there before, in bytes, while `run` runs; sampled by what it calls. */
function grown(run: (sample: () => void) => void): number {
  const before = process.memoryUsage().rss;
  let most = 0;
  run(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  });
  return most;
}

const TOO_LARGE = { name: 'Stalled', reason: 'PackTooLarge' };

test('bombs are refused before their memory is taken', () => {
  const zeros = Buffer.alloc(64 * MEBIBYTE);
  const base = rawEntry({ code: CODE.blob, bytes: Buffer.alloc(MEBIBYTE) });
  const baseId = id(Buffer.alloc(MEBIBYTE));
  // Each makes a mebibyte out of some 40 bytes.
  const deltas = Array.from({ length: 200 }, (_, i) => {
    const target = 16 * 0x10000;
    const instructions = new Array(16).fill(0x80);
    return rawEntry({ code: CODE.ref, bytes: rawDelta(MEBIBYTE, target + 1, ...instructions, 1, i), base: baseId });
  });
  const bombs = {
    'one object': rawPack([rawEntry({ code: CODE.blob, bytes: zeros })]),
    'deltas on one base': rawPack([base, ...deltas]),
    'a delta that claims 2^40': rawPack([
      base,
      rawEntry({ code: CODE.ref, bytes: rawDelta(MEBIBYTE, 2 ** 40, 0x80), base: baseId }),
    ]),
  };
  for (const [name, pack] of Object.entries(bombs)) {
    assert.ok(pack.length < MEBIBYTE, name);
    const most = grown((sample) => {
      assert.throws(() => read(pack), TOO_LARGE, name);
      sample();
    });
    assert.ok(most < 128 * MEBIBYTE, `${name}: ${most}`);
  }
});

test('objects that are not kept pass through without being held', () => {
  const size = 120 * MEBIBYTE;
  const pack = rawPack([
    rawEntry({ code: CODE.blob, bytes: new Uint8Array(0), size, deflated: deflateSync(Buffer.alloc(size)) }),
    blob,
  ]);
  const most = grown((sample) => {
    assert.equal(read(pack, 60_000, false).size, 0);
    sample();
  });
  assert.ok(most < 48 * MEBIBYTE, String(most));
});

test('millions of tiny entries do not fill the memory', () => {
  const tiny = rawEntry({ code: CODE.blob, bytes: new Uint8Array(0) });
  const many = Buffer.concat(new Array(50_000).fill(tiny));
  const reader = new PackReader({ keep: () => false, onObject: () => {}, base: () => undefined, limit: 4 * MEBIBYTE });
  const header = rawPack([], 4_000_000_000).subarray(0, 12);
  assert.throws(() => {
    reader.write(header);
    for (let i = 0; i < 40; i++) reader.write(many);
  }, TOO_LARGE);
});

test('any damage to a pack, and any bytes, give objects of the right names or an error of ours', () => {
  const pack = rawPack([
    blob,
    rawEntry({ code: CODE.ref, bytes: copyHello, base: id(HELLO) }),
    rawEntry({ code: CODE.tree, bytes: HELLO }),
  ]);
  const damaged = fc
    .tuple(fc.nat(pack.length - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }))
    .map(([at, bytes]) => Buffer.concat([pack.subarray(0, at), bytes, pack.subarray(at + bytes.length)]));
  const any = fc.uint8Array({ maxLength: 200 }).map((bytes) => rawPack([Buffer.from(bytes)], 1));
  fc.assert(
    fc.property(fc.oneof(damaged, any), fc.integer({ min: 1, max: 50 }), (bytes, chunk) => {
      try {
        for (const [oid, object] of read(bytes, chunk)) assert.equal(oidOf(object), oid);
      } catch (error) {
        assert.match((error as { reason?: string }).reason ?? String(error), /^Pack(?:Broken|TooLarge)$/u);
      }
    }),
    { numRuns: 500 },
  );
});
