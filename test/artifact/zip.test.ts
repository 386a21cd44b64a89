import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { unpack } from '../../shared/artifact/archive.ts';
import { LIMITS, rejection } from './rejection.ts';
import { zip } from './zip-writer.ts';

const FILE = { name: 'a.yaml', body: 'a: 1\n' };
const ZIP64_EXTRA = Buffer.from([1, 0, 8, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
const ZIP64_LOCATOR = Buffer.concat([Buffer.from('PK\u0006\u0007'), Buffer.alloc(16)]);

function withLocator(archive: Buffer): Buffer {
  return Buffer.concat([archive.subarray(0, -22), ZIP64_LOCATOR, archive.subarray(-22)]);
}

/** A stored file whose content is, in the archive, another file with its header. */
function nested(): Buffer {
  const inner = { name: 'b.yaml', body: 'b: 1\n', method: 0 };
  const local = zip([inner]).subarray(0, 30 + inner.name.length + inner.body.length);
  return zip([
    { name: 'a', body: local, method: 0 },
    { ...inner, offset: 30 + 'a'.length },
  ]);
}

describe('zip', () => {
  it('gives files with their bytes and executable bits, stored or deflated', async () => {
    const files = await unpack(
      'x.ZIP',
      zip([{ name: './b/', mode: 0o040755 }, { name: './b/é', body: 'x', mode: 0o100755, method: 0 }, FILE]),
      LIMITS,
    );
    assert.deepEqual(
      files.map(({ path, bytes, executable }) => [path, Buffer.from(bytes).toString(), executable]),
      [
        ['b/é', 'x', true],
        ['a.yaml', 'a: 1\n', false],
      ],
    );
  });

  it('takes names of Unix for UTF-8, and modes of other systems for none', async () => {
    const [unix] = await unpack('x.zip', zip([{ ...FILE, name: 'é', flags: 0 }]), LIMITS);
    assert.equal(unix?.path, 'é');
    const [dos] = await unpack('x.zip', zip([{ ...FILE, mode: 0o120777, madeBy: 0 }]), LIMITS);
    assert.equal(dos?.executable, false);
  });

  it('gives none when it is empty', async () => {
    assert.deepEqual(await unpack('x.zip', zip([]), LIMITS), []);
  });

  const good = zip([FILE]);
  const broken: Readonly<Record<string, readonly [reason: string, archive: Buffer]>> = {
    'is cut': ['ArchiveCorrupt', good.subarray(0, good.length - 5)],
    'has bytes behind its end': ['ArchiveCorrupt', Buffer.concat([good, Buffer.from('x')])],
    'counts an entry too many': ['ArchiveCorrupt', zip([FILE], 2)],
    'has a wrong checksum': ['ArchiveCorrupt', zip([{ ...FILE, crc32: 1 }])],
    'has a wrong checksum of a stored file': ['ArchiveCorrupt', zip([{ ...FILE, method: 0, crc32: 1 }])],
    'says too small a size': ['ArchiveCorrupt', zip([{ ...FILE, size: 2 }])],
    'says too large a size': ['ArchiveCorrupt', zip([{ ...FILE, size: 50 }])],
    'says another size of a stored file': ['ArchiveCorrupt', zip([{ ...FILE, method: 0, size: 2 }])],
    'has data that is not deflated': ['ArchiveCorrupt', zip([{ ...FILE, packed: Buffer.from('nonsense') }])],
    'has bytes behind the deflated data': [
      'ArchiveCorrupt',
      zip([{ ...FILE, packed: Buffer.concat([deflateRawSync(FILE.body), Buffer.from('x')]) }]),
    ],
    'names a file differently in its two headers': ['ArchiveCorrupt', zip([{ ...FILE, localName: 'b.yaml' }])],
    'points beyond its end': ['ArchiveCorrupt', zip([{ ...FILE, offset: 99999 }])],
    'has entries that overlap': ['ArchiveCorrupt', nested()],
    'has two names for one place': [
      'ArchiveCorrupt',
      zip([FILE, { ...FILE, name: 'b.yaml', localName: 'b.yaml', offset: 0 }]),
    ],
    'has a folder with content': ['ArchiveCorrupt', zip([{ name: 'a/', mode: 0o040755, body: 'x' }])],
    'has a name that is not UTF-8': ['ArchiveCorrupt', zip([{ ...FILE, name: Buffer.from([0x61, 0xff]) }])],
    'does not say that its names are UTF-8': ['ArchiveUnsupported', zip([{ ...FILE, name: 'é', flags: 0, madeBy: 0 }])],
    'is encrypted': ['ArchiveUnsupported', zip([{ ...FILE, flags: 1 }])],
    'is compressed by bzip2': ['ArchiveUnsupported', zip([{ ...FILE, method: 12 }])],
    'has a zip64 entry': ['ArchiveUnsupported', zip([{ ...FILE, extra: ZIP64_EXTRA }])],
    'has a symlink': ['EntryRefused', zip([{ name: 'a', body: '/etc/passwd', mode: 0o120777 }])],
    'has a device': ['EntryRefused', zip([{ name: 'a', mode: 0o020666 }])],
    'has a file that is marked as a folder': ['EntryRefused', zip([{ name: 'a', mode: 0o040755 }])],
    'leaves its folder': ['PathUnsafe', zip([{ ...FILE, name: 'a/../../b' }])],
    'has a backslash': ['PathUnsafe', zip([{ ...FILE, name: '..\\b' }])],
    'is absolute': ['PathUnsafe', zip([{ ...FILE, name: '/b' }])],
    'has a drive letter': ['PathUnsafe', zip([{ ...FILE, name: 'C:/b' }])],
    'has a NUL in a name': ['PathUnsafe', zip([{ ...FILE, name: 'a\0b' }])],
    'has a folder of git': ['PathUnsafe', zip([{ ...FILE, name: 'a/git~1/config' }])],
    'has a file twice': ['PathCollides', zip([FILE, FILE])],
    'has names equal after case folding': ['PathCollides', zip([FILE, { ...FILE, name: 'A.yaml' }])],
    'has more entries than are allowed': ['TooManyFiles', zip([FILE], 201)],
    'has a file larger than is allowed': ['UnpackedTooLarge', zip([{ ...FILE, size: 5 * 1024 * 1024 }])],
    'is a bomb': ['ArchiveTooDense', zip([{ name: 'a', body: Buffer.alloc(3 * 1024 * 1024) }])],
  };
  for (const [what, [reason, archive]] of Object.entries(broken)) {
    it(`is rejected when it ${what}`, async () => {
      await assert.rejects(unpack('x.zip', archive, LIMITS), rejection(reason));
    });
  }

  it('is rejected when it is a zip64 archive', async () => {
    const archive = withLocator(good);
    await assert.rejects(unpack('x.zip', archive, LIMITS), (error: Error) => {
      assert.match(error.message, /zip64/u);
      return rejection('ArchiveUnsupported')(error);
    });
  });
});
