import { createHash } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, normalize } from 'node:path';

/** What a source's status says of what it holds; consumers download it from `url` and check the digest. */
export interface Artifact {
  readonly path: string;
  readonly url: string;
  readonly revision: string;
  readonly digest: string;
  readonly size: number;
  readonly lastUpdateTime: string;
}

/** Keeps artifacts as files and serves them by HTTP on the loopback interface. */
export interface ArtifactStore {
  /** Where the file of a path is or will be. */
  locate(path: string): string;
  /** Takes a finished file over. */
  put(path: string, revision: string, file: string): Promise<Artifact>;
  close(): Promise<void>;
}

/** Kubernetes keeps no fractions of seconds. */
export function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+/u, '');
}

export async function startArtifactStore(folder: string): Promise<ArtifactStore> {
  const locate = (path: string) => join(folder, normalize(`/${path}`));
  const server = createServer((request, response) => {
    readFile(locate(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname))).then(
      (bytes) => response.setHeader('content-type', 'application/gzip').end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    locate,
    async put(path, revision, file) {
      const bytes = await readFile(file);
      await mkdir(dirname(locate(path)), { recursive: true });
      await rename(file, locate(path));
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      const url = `http://127.0.0.1:${port}/${path}`;
      return { path, url, revision, digest, size: bytes.length, lastUpdateTime: timestamp() };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
