import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AWS_PARTS } from '../cluster/cache.ts';
import { installCdk } from './cdk.ts';
import { buildPython } from './python.ts';
import { buildRuntimeClient } from './runtime-client.ts';

/** What a part is made of, all of which names its folder in the cache. */
export interface Recipe {
  readonly name: string;
  /** Below `test/aws`: what is installed, and the file that says how. */
  readonly files: readonly string[];
  /** What else decides what comes out. */
  readonly with: string;
  /** Makes it in an empty folder, which is moved afterwards. Throws with what to install. */
  make(folder: string): Promise<void>;
}

export interface Parts {
  /** Python with moto, cfn-lint and Checkov. */
  readonly python: string;
  /** The folder of its programs, to be given to that Python. */
  readonly programs: string;
  /** The script that is Lambda's client of its Runtime API. */
  readonly runtimeClient: string;
  /** `node_modules` with aws-cdk-lib. */
  readonly cdk: string;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The folder of a part in the cache, where it is made first if it isn't there. */
async function kept(recipe: Recipe, say: (line: string) => void): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([recipe.with, process.arch]));
  for (const file of recipe.files) hash.update(`\0${file}\0`).update(await readFile(join(import.meta.dirname, file)));
  const folder = join(AWS_PARTS, `${recipe.name}-${hash.digest('hex').slice(0, 16)}`);
  if (await exists(folder)) return folder;
  const began = Date.now();
  say(`Installing ${recipe.name} for test:aws, once; this takes a minute.`);
  await mkdir(AWS_PARTS, { recursive: true });
  // Renamed when it is whole, so that an installation which was cut short leaves nothing that looks like one.
  const work = await mkdtemp(join(AWS_PARTS, `.${recipe.name}-`));
  try {
    await recipe.make(work);
    await rename(work, folder).catch(async (error: unknown) => {
      // Another process was first, with the same.
      if (!(await exists(folder))) throw error;
    });
    say(`${recipe.name} is there, after ${Math.round((Date.now() - began) / 1000)} s: ${folder}`);
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** All that test:aws needs beside Node and git, out of the cache; what isn't there is installed first. */
export async function awsParts(say: (line: string) => void = () => {}): Promise<Parts> {
  const python = await kept(await buildPython(), say);
  const client = await kept(buildRuntimeClient(), say);
  const cdk = await kept(installCdk(), say);
  return {
    python: join(python, 'bin/python'),
    programs: join(python, 'bin'),
    runtimeClient: join(client, 'node_modules/aws-lambda-ric/index.mjs'),
    cdk: join(cdk, 'node_modules'),
  };
}
