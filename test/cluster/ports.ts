import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that systems give to connections, so that none takes one before the program that it is for does. */
const FIRST = 20_000;
const LAST = 32_000;
const taken = new Set<number>();

async function isFree(port: number): Promise<boolean> {
  const holder = createServer();
  return new Promise((answer) => {
    holder.once('error', () => answer(false));
    holder.listen(port, '127.0.0.1', () => holder.close(() => answer(true)));
  });
}

/** A port of 127.0.0.1 that is free, for a program that can't choose one itself; each is given once in this process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (taken.has(port)) continue;
    taken.add(port);
    if (await isFree(port)) return port;
  }
}
