// What esbuild can't do by its options alone: see infra/bundle/esbuild.cjs.
'use strict';

const { readFile } = require('node:fs/promises');
const { isBuiltin } = require('node:module');
const { resolve } = require('node:path');

const PACKAGES = /[\\/]node_modules[\\/]/u;

/**
 * A package that gitferry's own code imports by `import()` or `require()` is one that few need: it becomes a file beside the
 * bundle, `handler.<package>.cjs` beside `handler.js`, loaded when it is first asked for. The name begins with the
 * handler's, so that serverless-esbuild puts it into that function's zip and no other.
 *
 * @type {import('esbuild').Plugin}
 */
const beside = {
  name: 'beside',
  setup({ initialOptions, esbuild, resolve: find, onResolve, onLoad, onEnd }) {
    const { plugins, entryPoints, outdir, outfile, outExtension, sourcemap, metafile, footer, ...options } =
      initialOptions;
    /** @type {Map<string, string>} by the end of the name beside, the package's own file */
    const packages = new Map();
    initialOptions.metafile = true;

    onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, namespace, pluginData }) => {
      if (pluginData === beside || (kind !== 'dynamic-import' && kind !== 'require-call')) return undefined;
      if (namespace !== 'file' || PACKAGES.test(importer) || isBuiltin(path)) return undefined;
      const found = await find(path, { kind, importer, resolveDir, namespace, pluginData: beside });
      if (found.errors.length > 0 || found.external || !PACKAGES.test(found.path)) return found;
      const name = `${path.replace(/^@/u, '').replaceAll('/', '-')}.cjs`;
      packages.set(name, found.path);
      return { path: name, namespace: 'beside' };
    });
    onLoad({ filter: /.*/, namespace: 'beside' }, ({ path }) => ({
      contents: `module.exports = require(__filename.replace(/\\.c?js$/u, ".${path}"));`,
    }));
    onEnd(async ({ metafile: made }) => {
      if (initialOptions.write === false) return;
      for (const [file, { entryPoint, inputs }] of Object.entries(made?.outputs ?? {})) {
        const stem = resolve(initialOptions.absWorkingDir ?? '.', file).replace(/\.c?js$/u, '');
        for (const [name, path] of packages)
          if (entryPoint !== undefined && `beside:${name}` in inputs)
            await esbuild.build({ ...options, entryPoints: [path], outfile: `${stem}.${name}` });
      }
    });
  },
};

/**
 * The schemas of an AWS client name keys by constants, `{ [_h]: … }`, and for esbuild such a key may do anything: all schemas
 * stay, those of operations that nobody calls too. With the names themselves, 50 kB of the client of S3 go.
 *
 * @type {import('esbuild').Plugin}
 */
const plainKeys = {
  name: 'plain-keys',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]dist-es[\\/](?:.+[\\/])?schemas[\\/]schemas_\d+\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const constants = new Map(
        [...text.matchAll(/^const (\w+) = ("[^"\\]*");$/gmu)].map(([, name, value]) => [name, value]),
      );
      return { contents: text.replace(/\[(\w+)\](?=:)/gu, (key, name) => constants.get(name) ?? key), loader: 'js' };
    });
  },
};

/**
 * Each AWS client says its version, for which it brings its whole package.json, 2 kB of scripts and dependencies.
 *
 * @type {import('esbuild').Plugin}
 */
const versions = {
  name: 'versions',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@aws-sdk[\\/][^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

/**
 * Zod can write each schema as a JSON Schema, with 18 kB that every schema refers to. Only `npm run schema` does that, and it is
 * no bundle: here all of it is one function that fails.
 *
 * @type {import('esbuild').Plugin}
 */
const withoutJsonSchema = {
  name: 'without-json-schema',
  setup({ onLoad }) {
    const filter = /[\\/]zod[\\/]v4[\\/]core[\\/](?:to-json-schema|json-schema-processors)\.js$/;
    onLoad({ filter }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const names = [...text.matchAll(/^export (?:const|function) (\w+)/gmu)].map(([, name]) => `none as ${name}`);
      const none = "const none = () => { throw new Error('Bundles of gitferry write no JSON Schema.'); };";
      return { contents: `${none}\nexport { ${names.join(', ')} };`, loader: 'js' };
    });
  },
};

module.exports = [beside, plainKeys, versions, withoutJsonSchema];
