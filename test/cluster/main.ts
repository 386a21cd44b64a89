// `npm run cluster up|down`: a cluster to try things by hand; `build` only builds its parts.
import { parseArgs } from 'node:util';
import { buildParts } from './build.ts';
import { bringDown, bringUp, hold } from './standing.ts';

const USAGE = `npm run cluster up [-- --without <controller>]...   boots a cluster that stays until it is taken down
npm run cluster down                                 ends it
Controllers: kustomize, helm, notification, flagger.`;

async function main(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { without: { type: 'string', multiple: true, default: [] } },
  });
  switch (positionals.join(' ')) {
    case 'build':
      await buildParts(console.log);
      return 0;
    case 'up':
      return bringUp(values.without);
    case 'down':
      return bringDown();
    case 'hold':
      return hold(values.without);
    default:
      console.error(USAGE);
      return 2;
  }
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
