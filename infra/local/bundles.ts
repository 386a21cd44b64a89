import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { bundleAll } from '../build.ts';

/** What a bundle was made of: each file with its size and when it was last modified. */
const manifestSchema = z.object({
  file: z.string(),
  inputs: z.array(z.tuple([z.string(), z.number(), z.number()])),
});

/** What says how bundles are made, and of which packages. */
const WAYS = ['package-lock.json', 'infra/build.ts', 'infra/esbuild.cjs'];

/** Milliseconds after which a bundle that was replaced is in nobody's use any more. */
const LEFT_ALONE = 24 * 60 * 60 * 1000;

/** Milliseconds that the clock of a file system may be coarse. */
const COARSE = 2000;

/**
 * Bundles these files, each into one, and answers where those are. A bundle of an earlier run is used again while nothing
 * that it was made of has changed since, nor how it is made: making all of them takes longer than the rest of a start.
 */
export async function bundlesOf(root: string, entries: readonly string[], folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  const places = await Promise.all(entries.map((entry) => realpath(entry)));
  const names = places.map((place) => createHash('sha256').update(place).digest('hex').slice(0, 16));
  const known = await Promise.all(names.map((name) => fresh(join(folder, `${name}.json`))));
  const stale = entries.flatMap((entry, at) => (known[at] === null ? [{ entry, name: names[at] ?? '' }] : []));
  const made = await make(root, stale, folder);
  return entries.map((entry, at) => known[at] ?? made.get(entry) ?? '');
}

interface Stale {
  readonly entry: string;
  readonly name: string;
}

async function make(root: string, stale: readonly Stale[], folder: string): Promise<ReadonlyMap<string, string>> {
  if (stale.length === 0) return new Map();
  const begun = Date.now();
  // Another run may be using those that are replaced: each has a name of its own.
  const outs = stale.map(({ entry, name }) => ({ in: entry, out: `${name}-${randomUUID()}` }));
  const inputs = await bundleAll(outs, folder);
  for (const [at, { name }] of stale.entries()) {
    const file = join(folder, `${outs[at]?.out}.cjs`);
    const used = [...WAYS.map((path) => join(root, path)), ...(inputs[at] ?? [])].map((path) => resolve(path));
    const states = await Promise.all(used.map(async (path) => [path, ...(await stateOf(path))] as const));
    // What is edited just now may have been read before.
    if (states.some(([, modified]) => modified > begun - COARSE)) continue;
    await replace(join(folder, `${name}.json`), JSON.stringify({ file, inputs: states }));
  }
  await clear(folder);
  return new Map(stale.map(({ entry }, at) => [entry, join(folder, `${outs[at]?.out}.cjs`)]));
}

/** The bundle that is as if it were made now; null for none. */
async function fresh(path: string): Promise<string | null> {
  try {
    const { file, inputs } = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    const same = inputs.map(async ([input, modified, size]) => {
      const state = await stateOf(input);
      return state[0] === modified && state[1] === size;
    });
    const all = await Promise.all([stat(file).then(() => true), ...same]);
    return all.every((one) => one) ? file : null;
  } catch {
    return null;
  }
}

async function stateOf(path: string): Promise<readonly [modified: number, size: number]> {
  const { mtimeMs, size } = await stat(path);
  return [mtimeMs, size];
}

async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomUUID()}`;
  await writeFile(beside, text);
  await rename(beside, path);
}

async function clear(folder: string): Promise<void> {
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  const used = new Set<string>();
  for (const path of paths.filter((one) => one.endsWith('.json'))) {
    const file = await fresh(path);
    if (file !== null) used.add(file).add(`${file}.map`);
  }
  for (const path of paths.filter((one) => /\.cjs(?:\.map)?$/u.test(one) && !used.has(one))) {
    const modified = await stateOf(path).catch(() => null);
    if (modified !== null && modified[0] < Date.now() - LEFT_ALONE) await rm(path, { force: true });
  }
}
