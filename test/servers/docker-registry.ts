import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Destination } from '../../infra/local/image-push.ts';
import { registryInstalled, startRegistry } from '../../infra/local/registry.ts';

/** Who is let in where a password is asked for: `ada` with `p4ssword`, hashed by bcrypt. */
export const ADA = { username: 'ada', password: 'p4ssword' };
const HTPASSWD = 'ada:$2y$05$abcdefghijklmnopqrstuu2hRFrp4I066MRb3RN97889YsHW2pPHq\n';

export interface DockerRegistryOptions {
  /** Lets only `ADA` in. */
  readonly basic?: boolean;
  /** Who is told of pushes. */
  readonly notify?: { readonly url: string; readonly authorization: string };
}

export interface DockerRegistry {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** For the pusher. */
  at(repository: string): Destination;
  close(): Promise<void>;
}

/** Why there can be none on this machine; false when there can. */
export async function lackingDockerRegistry(): Promise<string | false> {
  return !(await registryInstalled()) && 'not installed: docker-registry';
}

async function freePort(): Promise<number> {
  const holder = createServer();
  await new Promise<void>((done) => holder.listen(0, '127.0.0.1', done));
  const address = holder.address();
  await new Promise((done) => holder.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Debian's real registry, empty, in a folder of its own. Null, with the reason on standard error, where it isn't installed. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry | null> {
  const reason = await lackingDockerRegistry();
  if (reason !== false) {
    console.error(`No registry was started: ${reason}`);
    return null;
  }
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-registry-'));
  const htpasswd = join(folder, 'htpasswd');
  await writeFile(htpasswd, HTPASSWD);
  const registry = await startRegistry({
    folder,
    port: await freePort(),
    notify: options.notify ?? null,
    ...(options.basic === true ? { htpasswd } : {}),
  }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  const { host } = registry;
  const basic = `Basic ${Buffer.from(`${ADA.username}:${ADA.password}`).toString('base64')}`;
  return {
    host,
    at: (repository) => ({
      registry: `http://${host}`,
      repository,
      ...(options.basic === true ? { authorization: basic } : {}),
    }),
    close: async () => {
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
