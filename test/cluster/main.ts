// `npm run cluster up|down`: a cluster to try things by hand; `build` only builds its parts.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildParts } from './build.ts';
import { bringDown, bringUp, FOLDER, hold } from './standing.ts';

const USAGE = `npm run cluster up [-- --without <controller>]...   boots a cluster that stays until it is taken down
npm run cluster down                                 ends it
With --folder <path> it keeps its state there, beside another that may be up.
Controllers: kustomize, helm, notification, flagger.`;

async function main(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      folder: { type: 'string', default: FOLDER },
      without: { type: 'string', multiple: true, default: [] },
    },
  });
  const { without } = values;
  const folder = resolve(values.folder);
  switch (positionals.join(' ')) {
    case 'build':
      await buildParts(console.log);
      return 0;
    case 'up':
      return bringUp(folder, without);
    case 'down':
      return bringDown(folder);
    case 'hold':
      return hold(folder, without);
    default:
      console.error(USAGE);
      return 2;
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
