import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { capture, run } from '../cluster/command.ts';
import { installPackages, pinsOf } from './npm.ts';
import type { Recipe } from './parts.ts';

const NEEDED = { 'g++': 'g++', cmake: 'cmake', make: 'make', xz: 'xz-utils' };

/**
 * AWS' own client of Lambda's Runtime API, for Node (aws-lambda-ric): the program that loads handlers in Lambda. A part of it is
 * C++, with curl; the package builds that with node-gyp, which fetches Node's headers from nodejs.org. That part speaks
 * Node-API alone, so it is compiled here with node-api-headers instead.
 */
export function buildRuntimeClient(): Recipe {
  return {
    name: 'runtime-client',
    files: ['runtime-client.ts', 'npm.ts', ...pinsOf('runtime-client')],
    with: 'Node-API',
    async make(folder) {
      await requireCompilers();
      await installPackages('runtime-client', folder);
      const modules = join(folder, 'node_modules');
      const client = join(modules, 'aws-lambda-ric');
      // Its own script, which builds curl and AWS' C++ runtime from what the package brings.
      await capture('sh', ['scripts/preinstall.sh'], { cwd: client });
      // Included by the client, and not used.
      const unused = join(folder, 'unused');
      await mkdir(unused);
      for (const header of ['uv.h', 'v8.h', 'node.h']) await writeFile(join(unused, header), '');
      const include = [
        join(modules, 'node-api-headers/include'),
        join(modules, 'node-addon-api'),
        'deps/artifacts/include',
      ];
      await run(
        'g++',
        [
          ...['-std=c++17', '-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-pthread'],
          ...['-DNODE_GYP_MODULE_NAME=rapid_client', '-DBUILDING_NODE_EXTENSION', '-DNAPI_CPP_EXCEPTIONS'],
          ...[...include, unused].map((path) => `-I${path}`),
          ...[
            'src/native/rapid-client.cc',
            'deps/artifacts/lib/libaws-lambda-runtime.a',
            'deps/artifacts/lib/libcurl.a',
          ],
          ...['-o', 'rapid-client.node'],
        ],
        { cwd: client },
      );
      await rm(join(client, 'deps'), { recursive: true });
    },
  };
}

async function requireCompilers(): Promise<void> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(NEEDED))
    await capture(program, ['--version']).catch(() => missing.push(name));
  if (missing.length > 0)
    throw new Error(
      `test:aws compiles Lambda's client of its Runtime API, once, and ${missing.join(', ')} is missing. On Debian and Ubuntu: apt-get install ${missing.join(' ')}.`,
    );
}
