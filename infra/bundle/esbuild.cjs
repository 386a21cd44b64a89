// How every function and the command line are bundled: read by serverless-esbuild, by infra/bundle/build.ts and by `npm start`.
'use strict';

const { join } = require('node:path');

const standIn = (file) => join(__dirname, 'stand-ins', file);

/** @type {Omit<import('esbuild').BuildOptions, 'plugins'> & { exclude: string[], plugins: string }} */
exports.options = {
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  // Node reads the map whenever a function starts: without the sources in it, 12 ms less for mirror.
  sourcesContent: false,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // The ES module form of a package is the one that can be shaken: a third less of the AWS clients.
  mainFields: ['module', 'main'],
  // Some packages ask where they stand; a CommonJS bundle has no import.meta.
  define: { 'import.meta.url': '__url' },
  banner: { js: "const __url=require('node:url').pathToFileURL(__filename).href;" },
  // OpenTelemetry's layers put a handler of their own around ours: what esbuild exports can't be replaced, and they fail on it.
  footer: { js: 'if(module.exports.handler)module.exports={...module.exports};' },
  alias: {
    'node-fetch': standIn('node-fetch.cjs'),
    '@aws-sdk/credential-provider-node': standIn('credentials.ts'),
    '@smithy/core/event-streams': standIn('event-streams.ts'),
    // The same code as ES modules, which its package offers to browsers alone.
    yaml: join(require.resolve('yaml/package.json'), '../browser/index.js'),
  },
  // A path, as serverless-esbuild wants it, from the root of the project.
  plugins: './infra/bundle/plugins.cjs',
  // For serverless-esbuild: nothing stays outside, the AWS clients neither.
  exclude: [],
};
