import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { BucketFolder, type FolderChange } from '../../infra/local/bucket-folder.ts';

let path: string;
let folder: BucketFolder;
let told: FolderChange[];
let onTold: () => void;

/** Resolves at the next change that is told. */
const next = (): Promise<void> =>
  new Promise((done) => {
    onTold = done;
  });

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'gitferry-folder-'));
  folder = new BucketFolder(path);
  told = [];
  onTold = () => {};
});
afterEach(async () => {
  await folder.stop();
  await rm(path, { recursive: true, force: true });
});

const watch = (): void =>
  folder.watch(async (change) => {
    told.push(change);
    onTold();
  });

describe('a folder that is a bucket', () => {
  it('gives what is there, as old as its files', async () => {
    await mkdir(join(path, 'charts'));
    for (const [name, seconds] of [
      ['b', 10],
      ['a', 20],
    ] as const) {
      await writeFile(join(path, 'charts', name), name);
      await utimes(join(path, 'charts', name), seconds, seconds);
    }
    const keys = (await folder.load()).map(({ key }) => key).sort();
    assert.deepEqual(
      keys.map((key) => [key, folder.modified(key)?.getTime()]),
      [
        ['charts/a', 20_000],
        ['charts/b', 10_000],
      ],
    );
  });

  it('waits until a file that is being written is whole', async () => {
    await folder.load();
    watch();
    const arrived = next();
    await writeFile(join(path, 'slow.tgz'), 'first, ');
    await wait(150);
    await appendFile(join(path, 'slow.tgz'), 'second');
    await arrived;
    assert.deepEqual(
      told.map(({ key, bytes }) => [key, String(bytes)]),
      [['slow.tgz', 'first, second']],
    );
  });

  it('sees what is copied into a new folder within', async () => {
    await folder.load();
    watch();
    const arrived = next();
    await mkdir(join(path, 'a/b'), { recursive: true });
    await writeFile(join(path, 'a/b/c'), 'c');
    await arrived;
    assert.deepEqual(
      told.map(({ key }) => key),
      ['a/b/c'],
    );
  });

  it('leaves out what editors leave behind', async () => {
    await folder.load();
    watch();
    const arrived = next();
    for (const name of ['.values.yaml.swp', 'values.yaml~', '.DS_Store', 'values.yaml'])
      await writeFile(join(path, name), name);
    await arrived;
    assert.deepEqual(
      told.map(({ key }) => key),
      ['values.yaml'],
    );
  });

  it('does not tell of what it keeps itself', async () => {
    await folder.load();
    watch();
    await folder.keep('own', Buffer.from('1'));
    await folder.keep('own', Buffer.from('2'));
    const arrived = next();
    await writeFile(join(path, 'foreign'), '3');
    await arrived;
    assert.deepEqual(
      told.map(({ key }) => key),
      ['foreign'],
    );
    assert.equal(await readFile(join(path, 'own'), 'utf8'), '2');
  });

  for (const key of ['', 'a//b', '/a', 'a/', '../a', 'a/../b', './a', 'a\0b', '.gitferry-upload-x', 'x~'])
    it(`keeps no ${JSON.stringify(key)}`, async () => {
      await assert.rejects(
        folder.keep(key, Buffer.from('x')),
        /^Error: .* can't be kept as a file: (?:it is no path|names like this one are left to editors)\.$/u,
      );
    });

  for (const [there, key, why] of [
    ['all/one', 'all/one/two', 'an object has the name of a folder on its path'],
    ['all/one', 'all/one/two/three', 'an object has the name of a folder on its path'],
    ['all/one/two', 'all/one', 'there are objects below it, as in a folder of that name'],
    ['one', 'x'.repeat(256), 'a part of it is longer than the name of a file may be'],
  ] as const)
    it(`keeps ${there}, and then no ${key.slice(0, 20)}, which it says without naming its folder`, async () => {
      await folder.load();
      await folder.keep(there, Buffer.from('1'));
      await assert.rejects(folder.keep(key, Buffer.from('2')), { message: `${key} can't be kept as a file: ${why}.` });
      assert.equal(await readFile(join(path, there), 'utf8'), '1');
      assert.ok(folder.has(there) && !folder.has(key));
    });
});
