import { type BuildOptions, build, type Plugin } from 'esbuild';

/**
 * Keeps the AWS clients as text within the bundle, compiled when the module that needs them is. Most commands of the
 * command line need none, and compiling them costs 50 ms and 12 MB, which is more than landing a commit takes.
 */
export function deferAws(options: BuildOptions): Plugin {
  return {
    name: 'defer-aws',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /^@aws-sdk\// }, async ({ path, kind, resolveDir, pluginData }) => {
        if (pluginData === 'resolving') return undefined;
        const found = await resolve(path, { kind, resolveDir, pluginData: 'resolving' });
        return { path: found.path, namespace: 'deferred' };
      });
      onLoad({ filter: /.*/, namespace: 'deferred' }, async ({ path }) => {
        const { outputFiles = [] } = await build({ ...options, entryPoints: [path], write: false, sourcemap: false });
        const code = JSON.stringify(outputFiles[0]?.text ?? '');
        const run = `new Function('module', 'exports', 'require', '__filename', ${code})`;
        return { contents: `${run}(module, exports, require, __filename);` };
      });
    },
  };
}
