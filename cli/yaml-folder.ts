import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Rejected } from '../shared/errors.ts';

const YAML = /\.ya?ml$|^Kustomization$/u;
const SKIPPED: ReadonlySet<string> = new Set(['.git', 'node_modules']);
/** In bytes; what is larger is no manifest. */
const LARGEST = 16 * 1024 * 1024;

/** The paths of all YAML files below a folder, in order. Links are not followed. */
export async function* yamlFiles(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* yamlFiles(path);
    else if (entry.isFile() && YAML.test(entry.name)) yield path;
  }
}

/** @throws Rejected `YamlTooLarge` */
export function readYaml(path: string): { readonly bytes: Uint8Array; readonly mode: number } {
  // Small files by the ten thousand: each call by itself costs less than waiting for it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size, mode } = fstatSync(file);
    if (size > LARGEST) {
      throw new Rejected('YamlTooLarge', `The file has ${size} bytes; ${LARGEST} are allowed.`, {
        hint: 'Split it into several files.',
      });
    }
    return { bytes: readFileSync(file), mode: mode & 0o7777 };
  } finally {
    closeSync(file);
  }
}

/** Puts a file in place of another at once, so that no reader sees a half of it. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.chmod(mode);
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close();
    await rm(draft, { force: true });
    throw error;
  }
}
