import { glob, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { deferAws } from './defer-aws.ts';

type Options = Omit<BuildOptions, 'plugins'> & { readonly exclude: string[]; readonly plugins: string };

const load = createRequire(new URL('../../package.json', import.meta.url));
const { exclude, plugins, ...options } = (load('./infra/bundle/esbuild.cjs') as { options: Options }).options;
const shared: BuildOptions = { ...options, external: exclude, logLevel: 'silent' };
const common: BuildOptions = { ...shared, plugins: load(plugins) as Plugin[] };

/**
 * Makes one file of a function or of a program, with the options that are deployed, and beside it those that few need:
 * `<name>.<package>.cjs`. `more` outranks the options. Answers what the files were made of.
 */
export async function bundle(entry: string, outfile: string, more: BuildOptions = {}): Promise<Metafile> {
  const { metafile } = await build({ ...common, entryPoints: [entry], outfile, ...more, metafile: true });
  return metafile;
}

/**
 * Makes one file of each function, and those beside it, all at once, which takes half of what one after the other does.
 * `out`: its name without `.cjs`. Answers for each what it was made of.
 */
export async function bundleAll(
  entries: readonly { readonly in: string; readonly out: string }[],
  outdir: string,
): Promise<readonly (readonly string[])[]> {
  const { metafile } = await build({
    ...common,
    entryPoints: entries.map((entry) => ({ ...entry })),
    outdir,
    outExtension: { '.js': '.cjs' },
    metafile: true,
  });
  const points = new Map(Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [resolve(path), entryPoint]));
  return entries.map(({ out }) => reached(metafile, points.get(resolve(outdir, `${out}.cjs`)) ?? ''));
}

/** Also of those files whose text left no trace in what was made. */
function reached({ inputs }: Metafile, entry: string): readonly string[] {
  const found = new Set([entry]);
  for (const path of found) for (const { path: imported } of inputs[path]?.imports ?? []) found.add(imported);
  return [...found].filter((path) => path in inputs && !path.startsWith('beside:'));
}

/** Makes the one file of the command line. It asks for credentials wherever people have theirs. */
export async function bundleCommandLine(root: string, outfile: string): Promise<void> {
  const { '@aws-sdk/credential-provider-node': _, ...alias } = shared.alias ?? {};
  const banner = { js: `#!/usr/bin/env node\n${shared.banner?.js ?? ''}` };
  const plugins = [deferAws({ ...shared, alias })];
  await bundle(join(root, 'cli/main.ts'), outfile, { banner, alias, plugins });
}

async function main(root: string): Promise<void> {
  const handlers = await Array.fromAsync(glob('functions/*/handler.ts', { cwd: root }));
  const functions = handlers.sort().map((file) => join('dist', file.replace(/\.ts$/u, '.cjs')));
  for (const [at, out] of functions.entries()) await bundle(join(root, handlers[at] as string), join(root, out));
  const commandLine = 'dist/cli/gitferry.cjs';
  await bundleCommandLine(root, join(root, commandLine));
  for (const out of [...functions, commandLine]) {
    const { size } = await stat(join(root, out));
    console.log(`${out.padEnd(36)} ${(size / 1000).toFixed(0).padStart(6)} kB`);
  }
}

if (import.meta.main) await main(join(import.meta.dirname, '../..'));
