import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { prepareImages } from '../../infra/local/images.ts';
import { startStack, type TestStack, type TestStackOptions } from './stack.ts';

export interface ImageStackOptions extends Omit<TestStackOptions, 'config' | 'files'> {
  /** `gitferry.yaml` and what stands beside it, with the registry's host in them. */
  readonly files: (registry: string) => Promise<Readonly<Record<string, string>>>;
}

export interface ImageStack extends TestStack {
  /** `127.0.0.1:5055` */
  readonly registry: string;
  /** Resolves when the registry has told of these images, `name:tag`, since `from`, and nothing is on its way any more. */
  told(images: readonly string[], from?: number): Promise<void>;
}

/** Milliseconds within which a registry tells of a push. */
const PATIENCE = 10_000;

/** The embedded run with Debian's real registry, which tells it of pushes. */
export async function startImageStack({ files, ...options }: ImageStackOptions): Promise<ImageStack> {
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-images-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  const images = await prepareImages(folder, true);
  started.defer(() => images.stop());
  const { host } = images;
  if (host === null) throw new Error('docker-registry is not installed.');
  const { 'gitferry.yaml': config = '', ...others } = await files(host);
  const environment = { ...options.environment, ...images.environment };
  const stack = await startStack({ ...options, config, files: others, environment });
  started.defer(() => stack.stop());
  await images.start(stack.receiveUrl);

  const running = started.move();
  return {
    ...stack,
    registry: host,
    told: async (names, from = 0) => {
      const isTold = (name: string): boolean =>
        stack.happenings.slice(from).some((one) => one.kind === 'pushed' && one.images.includes(name));
      for (const deadline = Date.now() + PATIENCE; !names.every(isTold); await delay(10))
        if (Date.now() > deadline) throw new Error(`The registry did not tell of ${names.join(', ')}.`);
      await stack.settled();
    },
    stop: () => running.disposeAsync(),
  };
}
