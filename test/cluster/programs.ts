import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { TOOLS } from './cache.ts';

/** Programs that are not built here, and who else may have them. */
export interface Programs {
  readonly etcd: string;
  readonly kubectl: string;
  readonly helm: string;
}

async function find(name: string): Promise<string> {
  // Those of `.ci/tools` first: their versions fit the server's.
  for (const folder of [TOOLS, ...(process.env.PATH ?? '').split(delimiter)]) {
    const path = join(folder, name);
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  throw new Error(`There is no ${name}, which a cluster needs. Run .ci/tools etcd kubectl helm, or install it.`);
}

/** Where they are; throws, with what to do, when one is missing. */
export async function findPrograms(): Promise<Programs> {
  const [etcd, kubectl, helm] = await Promise.all([find('etcd'), find('kubectl'), find('helm')]);
  return { etcd, kubectl, helm };
}
