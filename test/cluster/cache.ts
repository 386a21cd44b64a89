import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs are kept that gitferry's checks need and that a checkout should not hold. `.ci/tools` knows it too. */
const ROOT = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gitferry');

/** Parts of the cluster, a folder each, named by what they were built from. */
export const CACHE = join(ROOT, 'cluster');

/** What `npm run test:aws` installs, a folder each, named by what it was made of. */
export const AWS_PARTS = join(ROOT, 'aws');

/** What `.ci/tools` puts there. */
export const TOOLS = join(ROOT, 'tools');
