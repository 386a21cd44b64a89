import { glob, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';

const { options } = createRequire(import.meta.url)('./esbuild.cjs') as {
  options: BuildOptions & { exclude: string[] };
};
const { exclude, ...esbuildOptions } = options;

/** Makes one file of a function or of the command line, with the options that are deployed. */
export async function bundle(entry: string, outfile: string, hashbang = ''): Promise<void> {
  const banner = { js: `${hashbang}${esbuildOptions.banner?.js ?? ''}` };
  await build({ ...esbuildOptions, banner, external: exclude, entryPoints: [entry], outfile, logLevel: 'warning' });
}

async function main(root: string): Promise<void> {
  const handlers = await Array.fromAsync(glob('functions/*/handler.ts', { cwd: root }));
  const outputs = handlers
    .sort()
    .map((file) => ({ file, out: join('dist', file.replace(/\.ts$/u, '.cjs')), hashbang: '' }));
  outputs.push({ file: 'cli/main.ts', out: 'dist/cli/gitferry.cjs', hashbang: '#!/usr/bin/env node\n' });
  for (const { file, out, hashbang } of outputs) {
    await bundle(join(root, file), join(root, out), hashbang);
    const { size } = await stat(join(root, out));
    console.log(`${out.padEnd(36)} ${(size / 1000).toFixed(0).padStart(6)} kB`);
  }
}

if (import.meta.main) await main(join(import.meta.dirname, '..'));
