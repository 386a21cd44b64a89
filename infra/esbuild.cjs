// How every function and the command line are bundled: read by serverless-esbuild, by infra/build.ts and by `npm start`.
'use strict';

const { join } = require('node:path');

/** @type {import('esbuild').BuildOptions & { exclude: string[] }} */
exports.options = {
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // The ES module form of a package is the one that can be shaken: a third less of the AWS clients.
  mainFields: ['module', 'main'],
  // Some packages ask where they stand; a CommonJS bundle has no import.meta.
  define: { 'import.meta.url': '__url' },
  banner: { js: "const __url=require('node:url').pathToFileURL(__filename).href;" },
  alias: { 'node-fetch': join(__dirname, 'node-fetch.cjs') },
  // For serverless-esbuild: nothing stays outside, the AWS clients neither.
  exclude: [],
};
