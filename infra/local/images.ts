import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { minimalImage, pushImage } from './image-push.ts';
import { type Registry, registryInstalled, reservePort, startRegistry } from './registry.ts';

/** The door of `receive` that the registry knocks at. */
const DOOR = 'distribution';

/** What the example repository asks for, one version higher. */
const EXAMPLE = { repository: 'greeter', tag: '1.1.0' };

/** Where images come from in this run. */
export interface RunImages {
  /** What names of images begin with: `127.0.0.1:5055`. Null where no registry is installed, or none is wanted. */
  readonly host: string | null;
  /** By which `receive` knows whoever knocks. */
  readonly authorization: string;
  /** What the functions have to know. */
  readonly environment: Readonly<Record<string, string>>;
  /** Starts the registry, which tells `receive` of every push. */
  start(receiveUrl: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Prepares a registry in a folder. It is told where `receive` is, and the functions where the registry is, so its port is
 * reserved before there is either.
 */
export async function prepareImages(folder: string, wanted: boolean): Promise<RunImages> {
  await mkdir(folder, { recursive: true });
  const held = wanted && (await registryInstalled()) ? await reservePort(join(folder, 'port')) : null;
  const host = held === null ? null : `127.0.0.1:${held.port}`;
  const secret = randomBytes(18).toString('base64url');
  const authorization = `Bearer ${secret}`;
  let registry: Registry | undefined;
  return {
    host,
    authorization,
    environment: {
      GITFERRY_WEBHOOK_SECRETS: JSON.stringify({ [DOOR]: secret }),
      ...(host === null ? {} : { GITFERRY_PRIVATE_REGISTRIES: host }),
    },
    start: async (receiveUrl) => {
      if (held === null) return;
      const { port } = held;
      registry = await startRegistry({ folder, port, notify: { url: `${receiveUrl}/${DOOR}`, authorization } });
    },
    stop: async () => {
      await registry?.close();
      await held?.release();
    },
  };
}

/** Pushes the example's image, as a build does, unless it is there. Answers its name and tag, or null when it was. */
export async function pushExample(host: string): Promise<string | null> {
  const { repository, tag } = EXAMPLE;
  const image = minimalImage({ 'org.opencontainers.image.version': tag });
  const registry = `http://${host}`;
  const there = await fetch(`${registry}/v2/${repository}/manifests/${image.digest}`, {
    method: 'HEAD',
    headers: { accept: image.top.mediaType },
  });
  if (there.ok) return null;
  await pushImage({ registry, repository }, image, tag);
  return `${host}/${repository}:${tag}`;
}

/** Commands that push an image here, a line each. */
export function pushCommands(host: string): readonly string[] {
  const image = `${host}/${EXAMPLE.repository}`;
  return [
    `skopeo copy --src-tls-verify=false --dest-tls-verify=false docker://${image}:${EXAMPLE.tag} docker://${image}:1.2.0`,
    `docker tag <an image of yours> ${image}:1.3.0 && docker push ${image}:1.3.0`,
  ];
}

/** A command that tells `receive` of a push, as a registry does. */
export function webhookCommand(receiveUrl: string, authorization: string): string {
  const headers = [`-H 'Authorization: ${authorization}'`, "-H 'Content-Type: application/json'"];
  return `curl -sSi ${headers.join(' ')} --data @examples/try/image-pushed.json ${receiveUrl}/${DOOR}`;
}
