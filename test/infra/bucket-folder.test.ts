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

  for (const key of ['', 'a//b', '/a', 'a/', '../a', 'a/../b', './a', 'a\0b', '.gitferry-upload-x'])
    it(`keeps no ${JSON.stringify(key)}`, async () => {
      await assert.rejects(folder.keep(key, Buffer.from('x')), /No file can be called/u);
    });
});
