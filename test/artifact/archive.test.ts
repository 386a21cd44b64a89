import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { pack } from 'tar-stream';
import { isArchive, unpack } from '../../shared/artifact/archive.ts';
import type { File } from '../../shared/artifact/file.ts';
import { LIMITS, rejection } from './rejection.ts';
import { tar, tgz } from './tar-writer.ts';
import { zip } from './zip-writer.ts';

describe('isArchive', () => {
  it('goes by the end of the name, in any case', () => {
    for (const name of ['a.tgz', 'a.tar.gz', 'a.tar', 'a.zip', 'A.TGZ']) assert.ok(isArchive(name));
    for (const name of ['a.yaml', 'tgz', 'a.gz', 'a.zip.yaml', 'a.tgz/']) assert.ok(!isArchive(name));
  });
});

describe('an archive that is not what its name says', () => {
  const file = { name: 'a', body: 'x' };
  const cases: readonly (readonly [name: string, bytes: Uint8Array, looksLike: string])[] = [
    ['a.tgz', tar(file), 'a tar archive'],
    ['a.tgz', zip([file]), 'a zip archive'],
    ['a.tar.gz', Buffer.from('kind: ConfigMap\n'), 'a text file'],
    ['a.tar', tgz(file), 'a gzip file'],
    ['a.zip', tgz(file), 'a gzip file'],
    ['a.zip', Buffer.from('<!DOCTYPE html><html>'), 'a page of HTML'],
    ['a.tgz', Buffer.from('BZh91AY&SY'), 'a bzip2 file'],
    ['a.tgz', Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), 'a zstd file'],
    ['a.tgz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), 'an xz file'],
    ['a.tgz', new Uint8Array(), 'an empty file'],
    ['a.zip', Buffer.from([1, 2, 3]), 'something else'],
  ];
  for (const [name, bytes, looksLike] of cases) {
    it(`is rejected: ${name}, ${looksLike}`, async () => {
      await assert.rejects(unpack(name, bytes, LIMITS), (error: Error) => {
        assert.ok(error.message.includes(`looks like ${looksLike}`), error.message);
        return rejection('ArchiveMismatch')(error);
      });
    });
  }

  it('is rejected when the name is of no archive at all', async () => {
    await assert.rejects(unpack('a.yaml', tgz(file), LIMITS), rejection('NotAnArchive'));
  });
});

const segment = fc.stringMatching(/^[a-z0-9äß_][a-z0-9 ._-]{0,12}[a-z0-9]$/u);
const content = fc.uint8Array({ maxLength: 3000 });

/** Files whose paths can't collide: every folder and file is numbered. */
const trees = fc
  .array(
    fc.record({ folder: fc.array(segment, { maxLength: 3 }), name: segment, bytes: content, executable: fc.boolean() }),
    {
      maxLength: 12,
    },
  )
  .map((entries) =>
    entries.map(({ folder, name, bytes, executable }, index): File => {
      const path = [...folder.map((part) => `${index}${part}`), `${index}-${name}`].join('/').normalize('NFC');
      return { path, bytes: Uint8Array.from(bytes), executable };
    }),
  );

function plain(files: readonly File[]): readonly unknown[] {
  return files.map(({ path, bytes, executable }) => [path, Buffer.from(bytes).toString('hex'), executable]);
}

async function packTar(files: readonly File[]): Promise<Buffer> {
  const archive = pack();
  for (const { path, bytes, executable } of files) {
    archive.entry({ name: path, mode: executable ? 0o755 : 0o644 }, Buffer.from(bytes));
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('any tree', () => {
  it('comes back from the tar archive that another program made of it', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (files) => {
        const packed = await packTar(files);
        if (files.length > 0) assert.deepEqual(plain(await unpack('x.tar', packed, LIMITS)), plain(files));
        assert.deepEqual(plain(await unpack('x.tgz', gzipSync(packed), LIMITS)), plain(files));
      }),
      { numRuns: 60 },
    );
  });

  it('comes back from a zip archive', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (files) => {
        const entries = files.map(({ path, bytes, executable }) => ({
          name: path,
          body: bytes,
          mode: executable ? 0o100755 : 0o100644,
        }));
        assert.deepEqual(plain(await unpack('x.zip', zip(entries), LIMITS)), plain(files));
      }),
      { numRuns: 60 },
    );
  });
});
