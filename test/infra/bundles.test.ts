import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { bundlesOf } from '../../infra/local/bundles.ts';

const ROOT = join(import.meta.dirname, '../..');
const OLD = new Date('2026-01-01T00:00:00Z');

let folder: string;
let entries: readonly string[];

/** Written long ago: what is written just now may be written again within the same tick of the file system. */
async function write(name: string, text: string, at = OLD): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await utimes(path, at, at);
  return path;
}

const bundles = (): Promise<readonly string[]> => bundlesOf(folder, entries, join(folder, 'made'));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-bundles-'));
  await mkdir(join(folder, 'infra/bundle'), { recursive: true });
  for (const name of [
    'package-lock.json',
    'infra/bundle/build.ts',
    'infra/bundle/esbuild.cjs',
    'infra/bundle/plugins.cjs',
  ]) {
    await cp(join(ROOT, name), join(folder, name));
    await utimes(join(folder, name), OLD, OLD);
  }
  await write('shared.ts', 'export const word: string = "one";\n');
  entries = [
    await write('a.ts', 'import { word } from "./shared.ts";\nconsole.log(word, "a");\n'),
    await write('b.ts', 'console.log("b");\n'),
  ];
});
afterEach(() => rm(folder, { recursive: true }));

describe('the bundles of a run', () => {
  it('are used by the next run while nothing has changed', async () => {
    const first = await bundles();
    assert.deepEqual(await bundles(), first);
    assert.match(await readFile(first[0] ?? '', 'utf8'), /"one"/u);
    assert.match(await readFile(first[1] ?? '', 'utf8'), /"b"/u);
  });

  it('are made again, those alone that are concerned, when what they are made of has changed', async () => {
    const first = await bundles();
    await write('shared.ts', 'export const word: string = "two";\n', new Date(OLD.getTime() + 1));
    const second = await bundles();
    assert.notEqual(second[0], first[0]);
    assert.equal(second[1], first[1]);
    assert.match(await readFile(second[0] ?? '', 'utf8'), /"two"/u);
    assert.match(await readFile(first[0] ?? '', 'utf8'), /"one"/u, 'another run may be using it');
  });

  it('are made again when packages or the options have changed', async () => {
    for (const name of ['package-lock.json', 'infra/bundle/esbuild.cjs', 'infra/bundle/plugins.cjs']) {
      const before = await bundles();
      await writeFile(join(folder, name), `${await readFile(join(folder, name), 'utf8')}\n`);
      await utimes(join(folder, name), OLD, OLD);
      const after = await bundles();
      assert.ok(
        after.every((file, at) => file !== before[at]),
        name,
      );
    }
  });

  it('are made again when one is gone, or nothing can be told of it', async () => {
    const [first = ''] = await bundles();
    await rm(first);
    const [second = ''] = await bundles();
    assert.notEqual(second, first);
    await readFile(second);
  });

  it('are made again when a file beside one is gone', async () => {
    await mkdir(join(folder, 'node_modules/rare'), { recursive: true });
    await write('node_modules/rare/package.json', '{ "name": "rare", "module": "index.mjs" }\n');
    await write('node_modules/rare/index.mjs', 'export const word = "rare";\n');
    await write('a.ts', 'export const word = async (): Promise<string> => (await import("rare")).word;\n');
    const [first = ''] = await bundles();
    assert.equal((await bundles())[0], first);
    assert.equal(await createRequire(first)(first).word(), 'rare');
    await rm(first.replace('.cjs', '.rare.cjs'));
    const [second = ''] = await bundles();
    assert.notEqual(second, first);
    assert.equal(await createRequire(second)(second).word(), 'rare');
  });

  it('are not kept of a file that is being written', async () => {
    await write('shared.ts', 'export const word: string = "new";\n', new Date());
    const [first] = await bundles();
    const [second] = await bundles();
    assert.notEqual(first, second);
  });

  it('fail when one can’t be made', async () => {
    await write('b.ts', 'import "./none.ts";\n', new Date(OLD.getTime() + 1));
    await assert.rejects(bundles(), /none\.ts/u);
  });
});
