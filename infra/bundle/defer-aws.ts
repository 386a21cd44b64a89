import { dirname } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** What each client has within it, to find credentials wherever people keep theirs: a third of its code. */
const CREDENTIALS = '@aws-sdk/credential-provider-node';

/**
 * Keeps the AWS clients as text within the bundle, compiled when the module that needs them is. Most commands of the
 * command line need none, and compiling them costs 50 ms and 12 MB, which is more than landing a commit takes. The search
 * for credentials is a text of its own, once for all clients, compiled with the first request.
 */
export function deferAws(options: BuildOptions): Plugin {
  return {
    name: 'defer-aws',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /^@aws-sdk\// }, async ({ path, kind, resolveDir, pluginData }) => {
        if (pluginData === 'resolving') return undefined;
        const found = await resolve(path, { kind, resolveDir, pluginData: 'resolving' });
        return { path: found.path, namespace: 'deferred', pluginData: path };
      });
      onLoad({ filter: /.*/, namespace: 'deferred' }, async ({ path, pluginData }) => {
        const outside = pluginData === CREDENTIALS ? [] : [CREDENTIALS];
        const external = [...(options.external ?? []), ...outside];
        const made = await build({ ...options, external, entryPoints: [path], write: false, sourcemap: false });
        const code = JSON.stringify(made.outputFiles?.[0]?.text ?? '');
        const run = `new Function('module', 'exports', 'require', '__filename', ${code})`;
        const needed = outside.length > 0 ? 'needed' : 'require';
        const contents = `${outside.map(later).join('')}${run}(module, exports, ${needed}, __filename);`;
        return { contents, resolveDir: dirname(path) };
      });
    },
  };
}

/** Gives a client the package without compiling it before it is asked for credentials. */
function later(name: string): string {
  return `const later = (init) => { let found; return (about) => (found ??= require('${name}').defaultProvider(init))(about); };
const needed = (id) => (id === '${name}' ? { defaultProvider: later } : require(id));
`;
}
