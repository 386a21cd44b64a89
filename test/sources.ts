import { glob } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const BUILT = ['node_modules/**', 'dist/**', '.gitferry/**', '.serverless/**', '.esbuild/**'];

/** The project's own files that a pattern names, as paths from its root, in order. Throws when it names none. */
export async function sourceFiles(pattern: string): Promise<readonly string[]> {
  const files = (await Array.fromAsync(glob(pattern, { cwd: ROOT, exclude: BUILT }))).sort();
  if (files.length === 0) throw new Error(`${pattern} names no file.`);
  return files;
}
