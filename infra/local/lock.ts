import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

/**
 * Holds a folder for one process: a socket in it that somebody answers. Unlike a file with a process id it can't be left
 * behind by a process that was killed. Answers null when another process holds it. `path` at most 100 bytes.
 */
export async function takeLock(path: string): Promise<{ release(): Promise<void> } | null> {
  const server = createServer((socket) => socket.end());
  const listens = (): Promise<boolean> =>
    new Promise((done, fail) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        if (error.code === 'EADDRINUSE') done(false);
        else fail(error);
      };
      server.once('error', onError).listen(path, () => {
        server.off('error', onError);
        done(true);
      });
    });
  if (!(await listens())) {
    if (await answers(path)) return null;
    await rm(path, { force: true });
    if (!(await listens())) return null;
  }
  server.unref();
  return { release: () => new Promise((done) => server.close(() => done())) };
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path);
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('close', () => socket.destroy());
  });
}
