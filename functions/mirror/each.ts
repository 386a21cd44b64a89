import { Readable } from 'node:stream';

/** How many calls of a service are under way at once. */
const CONCURRENCY = 32;

/** Runs `work` for each item, some at a time, and gives the results in the order of the items. */
export async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  // A stream takes a null for its end, so that none may pass through it.
  const boxed = Readable.from(items.map((item) => ({ item }))).map(async ({ item }) => ({ result: await work(item) }), {
    concurrency: CONCURRENCY,
  });
  return (await boxed.toArray()).map(({ result }) => result);
}
