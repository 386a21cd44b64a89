import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { unpack } from '../../shared/artifact/archive.ts';
import { LIMITS, rejection } from './rejection.ts';
import { paxEntry, type TarEntry, tar, tarEntry, tgz } from './tar-writer.ts';

const FILE = { name: 'a.yaml', body: 'a: 1\n' };

async function pathsOf(bytes: Uint8Array, name = 'x.tar'): Promise<string[]> {
  return (await unpack(name, bytes, LIMITS)).map(({ path }) => path);
}

describe('tar', () => {
  it('gives files with their bytes and executable bits, in order, without folders', async () => {
    const archive = tgz({ name: 'b/', type: '5', mode: 0o755 }, { name: 'b/run.sh', body: '#!\n', mode: 0o755 }, FILE);
    const files = await unpack('x.tgz', archive, LIMITS);
    assert.deepEqual(
      files.map(({ path, bytes, executable }) => [path, Buffer.from(bytes).toString(), executable]),
      [
        ['b/run.sh', '#!\n', true],
        ['a.yaml', 'a: 1\n', false],
      ],
    );
  });

  it('reads what `tar -C folder .` packs', async () => {
    assert.deepEqual(await pathsOf(tar({ name: './', type: '5' }, { name: './a/', type: '5' }, { name: './a/b' })), [
      'a/b',
    ]);
  });

  it('reads long names of pax and of GNU, and ignores what git archive says of itself', async () => {
    const long = `${'folder/'.repeat(30)}file`;
    const comment = paxEntry({ comment: 'c0ffee' }, 'g');
    assert.deepEqual(await pathsOf(tar(comment, paxEntry({ path: long, mtime: '1.5' }), FILE)), [long]);
    assert.deepEqual(await pathsOf(tar(tarEntry({ name: '././@LongLink', type: 'L', body: `${long}\0` }), FILE)), [
      long,
    ]);
  });

  it('takes any number of zero blocks at the end', async () => {
    assert.deepEqual(await pathsOf(Buffer.concat([tar(FILE), Buffer.alloc(10240)])), ['a.yaml']);
    assert.deepEqual(await pathsOf(tgz(), 'x.tgz'), []);
  });

  const broken: Readonly<Record<string, readonly [reason: string, archive: Buffer]>> = {
    'is cut at an entry': ['ArchiveCorrupt', tar(FILE).subarray(0, 1024)],
    'is cut within an entry': ['ArchiveCorrupt', tar(FILE).subarray(0, 700)],
    'has a wrong checksum': ['ArchiveCorrupt', tar({ ...FILE, checksum: '000000\0 ' })],
    'says a size beyond its end': ['ArchiveCorrupt', tar({ ...FILE, size: '00000077777\0' })],
    'says a negative size': ['ArchiveCorrupt', tar({ ...FILE, size: '-0000000001\0' })],
    'says a binary size': ['ArchiveCorrupt', tar({ ...FILE, size: '\u0080\0\0\0\0\0\0\0\0\0\0\u0005' })],
    'says a binary size of no sign': ['ArchiveCorrupt', tar({ ...FILE, size: '\u0081\0\0\0\0\0\0\0\0\0\0\u0005' })],
    'says a size with garbage': ['ArchiveCorrupt', tar({ ...FILE, size: ' \u00000000005\0\0\0' })],
    'is of an old format': ['ArchiveCorrupt', tar(FILE, { ...FILE, name: 'b', magic: '\0\0\0\0\0\0\0\0' })],
    'goes on behind its end': ['ArchiveCorrupt', Buffer.concat([tar(FILE), tar({ ...FILE, name: 'b' })])],
    'goes on behind one zero block': ['ArchiveCorrupt', tar(FILE, Buffer.alloc(512), { ...FILE, name: 'b' })],
    'has a folder with content': ['ArchiveCorrupt', tar({ name: 'a/', type: '5', body: 'x' })],
    'has a pax header for nothing': ['ArchiveCorrupt', tar(paxEntry({ path: 'x' }))],
    'has two names for a file': [
      'ArchiveCorrupt',
      tar(paxEntry({ path: 'x' }), tarEntry({ name: 'l', type: 'L', body: 'y\0' }), FILE),
    ],
    'resizes a file by pax': ['ArchiveCorrupt', tar(paxEntry({ size: '1' }), FILE)],
    'renames all files by pax': ['ArchiveCorrupt', tar(paxEntry({ path: 'x' }, 'g'), FILE)],
    'resizes all files by pax': ['ArchiveCorrupt', tar(paxEntry({ size: '1' }, 'g'), FILE)],
    'has too large an extended header': ['ArchiveCorrupt', tar(paxEntry({ comment: 'x'.repeat(9000) }), FILE)],
    'has too large a global header': ['ArchiveCorrupt', tar(paxEntry({ comment: 'x'.repeat(9000) }, 'g'), FILE)],
    'has a pax header without lengths': [
      'ArchiveCorrupt',
      tar(tarEntry({ name: 'p', type: 'x', body: 'path=x\n' }), FILE),
    ],
    'has a long name that is not UTF-8': [
      'ArchiveCorrupt',
      tar(tarEntry({ name: 'l', type: 'L', body: Buffer.from([0x61, 0xff, 0]) }), FILE),
    ],
    'has a name that is not UTF-8': ['ArchiveCorrupt', tar({ ...FILE, name: Buffer.from([0x61, 0xff]) })],
    'has a symlink': ['EntryRefused', tar({ name: 'Chart.lock', type: '2' })],
    'has a hard link': ['EntryRefused', tar({ name: 'a', type: '1' })],
    'has a character device': ['EntryRefused', tar({ name: 'a', type: '3' })],
    'has a block device': ['EntryRefused', tar({ name: 'a', type: '4' })],
    'has a fifo': ['EntryRefused', tar({ name: 'a', type: '6' })],
    'has a sparse file of GNU': ['EntryRefused', tar({ name: 'a', type: 'S' })],
    'has a long link of GNU': ['EntryRefused', tar(tarEntry({ name: 'l', type: 'K', body: 'b\0' }), FILE)],
    'hides a file in an old long name of GNU': [
      'EntryRefused',
      tar(tarEntry({ name: 'n', type: 'N', body: 'kind: ClusterRole\n' }), paxEntry({ path: 'a' }), FILE),
    ],
    'has a sparse file of pax': ['EntryRefused', tar(paxEntry({ 'GNU.sparse.major': '1' }), FILE)],
    'has a link by pax': ['EntryRefused', tar(paxEntry({ linkpath: '/etc/passwd' }), FILE)],
    'has an entry of an unknown type': ['EntryRefused', tar({ name: 'a', type: 'Z' })],
    'leaves its folder': ['PathUnsafe', tar({ name: '../a' })],
    'leaves its folder by pax': ['PathUnsafe', tar(paxEntry({ path: 'a/../../b' }), FILE)],
    'is absolute': ['PathUnsafe', tar({ name: '/a' })],
    'has a backslash': ['PathUnsafe', tar({ name: 'a\\b' })],
    'has a NUL in a long name': ['PathUnsafe', tar(paxEntry({ path: 'a\0b' }), FILE)],
    'has a folder of git': ['PathUnsafe', tar({ name: 'a/.GIT/', type: '5' })],
    'has a file without a name': ['PathUnsafe', tar({ name: '' })],
  };
  for (const [what, [reason, archive]] of Object.entries(broken)) {
    it(`is rejected when it ${what}`, async () => {
      await assert.rejects(unpack('x.tar', archive, LIMITS), rejection(reason));
      await assert.rejects(unpack('x.tgz', gzipSync(archive), LIMITS), rejection(reason));
    });
  }

  const collisions: Readonly<Record<string, readonly string[]>> = {
    'the same name': ['a', 'a'],
    'names equal after case folding': ['README.md', 'readme.MD'],
    'names equal after case folding beyond ASCII': ['straße', 'STRASSE'],
    'names equal after NFC': ['\u00e9', 'e\u0301'],
    'folders equal after case folding': ['Apps/a', 'apps/b'],
    'a file that is a folder, too': ['a', 'a/b'],
    'a folder that is a file, too': ['a/b', 'a'],
    'a file below a file of another spelling': ['A', 'a/b'],
  };
  for (const [what, names] of Object.entries(collisions)) {
    it(`fault 24: is rejected with ${what}`, async () => {
      await assert.rejects(unpack('x.tar', tar(...names.map((name) => ({ name }))), LIMITS), rejection('PathCollides'));
    });
  }
});

describe('gzip (faults 22 and 23)', () => {
  const packed = tgz(FILE);
  const flipped = Buffer.from(packed);
  flipped.writeUInt32LE(1, flipped.length - 8);

  const broken: Readonly<Record<string, readonly [reason: string, archive: Buffer]>> = {
    'has a second member': ['ArchiveCorrupt', Buffer.concat([packed, gzipSync('x')])],
    'has a second, empty member': ['ArchiveCorrupt', Buffer.concat([packed, gzipSync('')])],
    'has bytes behind its end': ['ArchiveCorrupt', Buffer.concat([packed, Buffer.from('x')])],
    'has zeros behind its end': ['ArchiveCorrupt', Buffer.concat([packed, Buffer.alloc(512)])],
    'is cut': ['ArchiveCorrupt', packed.subarray(0, packed.length - 9)],
    'is cut in its header': ['ArchiveCorrupt', packed.subarray(0, 12)],
    'has a wrong checksum': ['ArchiveCorrupt', flipped],
    'has unknown flags': ['ArchiveCorrupt', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0xff]), packed.subarray(4)])],
    'holds no tar archive': ['ArchiveCorrupt', gzipSync('x'.repeat(2000))],
  };
  for (const [what, [reason, archive]] of Object.entries(broken)) {
    it(`is rejected when it ${what}`, async () => {
      await assert.rejects(unpack('x.tgz', archive, LIMITS), rejection(reason));
    });
  }

  it('is read with all fields that a header may have', async () => {
    const header = Buffer.from([0x1f, 0x8b, 8, 4 | 8 | 16 | 2, 0, 0, 0, 0, 0, 0, 2, 0, 1, 2, 0x6e, 0, 0x63, 0]);
    const checksum = Buffer.alloc(2);
    checksum.writeUInt16LE(crc32(header) & 0xffff);
    const archive = Buffer.concat([header, checksum, deflateRawSync(tar(FILE)), packed.subarray(-8)]);
    assert.deepEqual(await pathsOf(archive, 'x.tgz'), ['a.yaml']);
  });
});

describe('limits of a tar archive', () => {
  const many: readonly TarEntry[] = Array.from({ length: 201 }, (_, index) => ({ name: `f${index}` }));
  const deep = { name: 'file', body: '' };

  it('fault 22: count bytes packed, bytes unpacked, files, and folders that are only implied', async () => {
    const noise = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * at * 31) % 251));
    const limits = { packed: 2000, unpacked: 2500, files: 200 };
    await assert.rejects(unpack('x.tar', Buffer.alloc(2001), limits), rejection('ArchiveTooLarge'));
    await assert.rejects(unpack('x.tgz', tgz({ name: 'a', body: noise }), limits), rejection('UnpackedTooLarge'));
    await assert.rejects(unpack('x.tgz', tgz(...many), LIMITS), rejection('TooManyFiles'));
    const nested = paxEntry({ path: `${'d/'.repeat(200)}f` });
    await assert.rejects(unpack('x.tgz', tgz(nested, deep), LIMITS), rejection('TooManyFiles'));
    const repeated = Array.from({ length: 201 }, () => ({ name: 'd/', type: '5' }));
    await assert.rejects(unpack('x.tgz', tgz(...repeated), LIMITS), rejection('TooManyFiles'));
  });

  it('fault 22: hold against a bomb, whether it says its size or lies, before memory is spent', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024));
    const liar = Buffer.from(bomb);
    liar.writeUInt32LE(3 * 1024 * 1024, liar.length - 4);
    const tiny = Buffer.from(bomb);
    tiny.writeUInt32LE(1024, tiny.length - 4);
    const before = process.memoryUsage().arrayBuffers;
    await assert.rejects(unpack('x.tgz', bomb, LIMITS), rejection('UnpackedTooLarge'));
    await assert.rejects(unpack('x.tgz', liar, LIMITS), rejection('ArchiveCorrupt'));
    await assert.rejects(unpack('x.tgz', tiny, LIMITS), rejection('ArchiveCorrupt'));
    assert.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024);
    const dense = tgz({ name: 'zeros', body: Buffer.alloc(3 * 1024 * 1024) });
    await assert.rejects(unpack('x.tgz', dense, LIMITS), rejection('ArchiveTooDense'));
  });
});
