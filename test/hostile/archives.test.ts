import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { unpack } from '../../shared/artifact/archive.ts';
import { readChart } from '../../shared/artifact/chart.ts';
import { checkPath } from '../../shared/artifact/path.ts';
import { Rejected } from '../../shared/errors.ts';
import { checkKinds } from '../../shared/manifest/kinds.ts';
import { paxEntry, tar } from '../artifact/tar-writer.ts';
import { zip } from '../artifact/zip-writer.ts';
import { mutations } from './mutation.ts';

const LIMITS = { packed: 100_000, unpacked: 64 * 1024, files: 40 };

const METADATA = { name: 'a/Chart.yaml', body: 'apiVersion: v2\nname: a\nversion: 1.0.0\n' };
const TEMPLATE = { name: 'a/templates/x.yaml', body: 'apiVersion: v1\nkind: {{ .Values.kind }}\n'.repeat(40) };
const CRD = {
  name: 'a/crds/x.yaml',
  body: 'apiVersion: v1\nkind: ConfigMap\ndata: {a: [b, "c"]}\n---\n- &a x\n- *a\n',
};

const TAR = tar(
  METADATA,
  TEMPLATE,
  { name: 'a/b/', type: '5' },
  paxEntry({ path: `a/${'long/'.repeat(30)}x` }),
  CRD,
  CRD,
);
const ZIP = zip([METADATA, TEMPLATE, { name: 'a/b/', mode: 0o040755 }, { ...CRD, method: 0 }]);

/** Reads as `mirror` does. What comes back keeps to the limits; what is thrown is Rejected. */
async function tryAll(name: string, bytes: Uint8Array): Promise<'taken' | 'rejected'> {
  try {
    const files =
      name === 'a-1.0.0.tgz' ? (await readChart(name, bytes, LIMITS)).files : await unpack(name, bytes, LIMITS);
    assert.ok(files.length <= LIMITS.files);
    assert.ok(files.reduce((sum, file) => sum + file.bytes.length, 0) <= LIMITS.unpacked);
    assert.equal(new Set(files.map(({ path }) => path.normalize('NFC').toLowerCase())).size, files.length);
    for (const { path } of files) checkPath(path);
    checkKinds(files, name === 'a-1.0.0.tgz' ? 'chart' : 'files', { allowKinds: [], denyKinds: [] });
    return 'taken';
  } catch (error) {
    assert.ok(error instanceof Rejected, error instanceof Error ? error.stack : String(error));
    assert.ok(error.message.length < 600);
    return 'rejected';
  }
}

const NAMES = ['x.tgz', 'x.tar', 'x.zip', 'a-1.0.0.tgz'] as const;
const MAGIC = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]), Buffer.alloc(0), Buffer.from('PK\u0003\u0004')];

describe('any bytes as an archive', () => {
  it('faults 20 to 24: give a result or a Rejected', async () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ minLength: 500, maxLength: 3000 }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...NAMES), fc.constantFrom(...MAGIC), bytes, async (name, magic, body) => {
        await tryAll(name, Buffer.concat([magic, body]));
      }),
      { numRuns: 300 },
    );
  });

  for (const [what, name, pack] of [
    ['a tar archive', 'x.tar', (bytes: Buffer) => bytes],
    ['a tar archive that is then packed', 'x.tgz', (bytes: Buffer) => gzipSync(bytes, { level: 1 })],
    ['a chart that is then packed', 'a-1.0.0.tgz', (bytes: Buffer) => gzipSync(bytes, { level: 1 })],
  ] as const) {
    it(`give a result or a Rejected when they were ${what}`, async () => {
      await fc.assert(
        fc.asyncProperty(mutations, async (mutate) => {
          await tryAll(name, pack(mutate(TAR)));
        }),
        { numRuns: 500 },
      );
    });
  }

  it('give a result or a Rejected when they were a zip archive', async () => {
    await fc.assert(
      fc.asyncProperty(mutations, async (mutate) => {
        await tryAll('x.zip', mutate(ZIP));
      }),
      { numRuns: 1000 },
    );
  });

  it('are rejected when they were packed, and any bit that counts is another', async () => {
    const packed = gzipSync(tar(METADATA, TEMPLATE, CRD));
    let taken = 0;
    // The header's time and system, before bit 80, say nothing of the content.
    for (let bit = 80; bit < packed.length * 8; bit += 1) {
      const copy = Buffer.from(packed);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if ((await tryAll('a-1.0.0.tgz', copy)) === 'taken') taken += 1;
    }
    // Deflate fills its last byte with up to seven bits that nobody reads.
    assert.ok(taken <= 7, `${taken} bits do not count`);
  });
});
