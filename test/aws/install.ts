// Before `npm run test:aws`: puts what it needs beside Node and git into the cache.
import { awsParts } from './parts.ts';

await awsParts(console.log).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
