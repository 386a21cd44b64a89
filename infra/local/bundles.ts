import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { bundleAll } from '../bundle/build.ts';

/** A bundle with what lies beside it, and what they were made of: each file with its size and when it was last modified. */
const manifestSchema = z.object({
  files: z.tuple([z.string()], z.string()),
  inputs: z.array(z.tuple([z.string(), z.number(), z.number()])),
});

/** What says how bundles are made, and of which packages. */
const WAYS = ['package-lock.json', 'infra/bundle/build.ts', 'infra/bundle/esbuild.cjs', 'infra/bundle/plugins.cjs'];

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
  const known = await Promise.all(names.map((name) => fresh(folder, name)));
  const stale = entries.flatMap((entry, at) => (known[at] === null ? [{ entry, name: names[at] ?? '' }] : []));
  const made = await make(root, stale, folder);
  return entries.map((entry, at) => known[at]?.[0] ?? made.get(entry) ?? '');
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
  const present = await readdir(folder);
  for (const [at, { name }] of stale.entries()) {
    const out = outs[at]?.out ?? '';
    const files = [`${out}.cjs`, ...present.filter((one) => one.startsWith(`${out}.`) && one !== `${out}.cjs`)];
    const used = [...WAYS.map((path) => join(root, path)), ...(inputs[at] ?? [])].map((path) => resolve(path));
    const states = await Promise.all(used.map(async (path) => [path, ...(await stateOf(path))] as const));
    // What is edited just now may have been read before.
    if (states.some(([, modified]) => modified > begun - COARSE)) continue;
    await replace(join(folder, `${name}.json`), JSON.stringify({ files, inputs: states }));
  }
  await clear(folder);
  return new Map(stale.map(({ entry }, at) => [entry, join(folder, `${outs[at]?.out}.cjs`)]));
}

/** The files of the bundle that is as if it were made now, itself first; null for none. */
async function fresh(folder: string, name: string): Promise<readonly string[] | null> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'));
    const { files, inputs } = manifestSchema.parse(manifest);
    const paths = files.map((file) => join(folder, file));
    const same = inputs.map(async ([input, modified, size]) => {
      const state = await stateOf(input);
      return state[0] === modified && state[1] === size;
    });
    const all = await Promise.all([...paths.map((path) => stat(path).then(() => true)), ...same]);
    return all.every((one) => one) ? paths : null;
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
  const names = await readdir(folder);
  const bundles = names.filter((name) => name.endsWith('.json')).map((name) => fresh(folder, name.slice(0, -5)));
  const used = new Set((await Promise.all(bundles)).flatMap((files) => files ?? []));
  const paths = names.map((name) => join(folder, name));
  for (const path of paths.filter((one) => /\.cjs(?:\.map)?$/u.test(one) && !used.has(one))) {
    const modified = await stateOf(path).catch(() => null);
    if (modified !== null && modified[0] < Date.now() - LEFT_ALONE) await rm(path, { force: true });
  }
}
