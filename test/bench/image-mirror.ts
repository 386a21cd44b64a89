// Lands one pushed image after another as `mirror` does, in one process, and prints what each cost: the first is cold.
import client from 'isomorphic-git/http/node';
import { ulid } from 'ulid';
import type { Deps } from '../../functions/mirror/deps.ts';
import { mirror } from '../../functions/mirror/mirror.ts';
import { minimalImage, pushImage } from '../../infra/local/image-push.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { ociRegistry } from '../../shared/source/registry.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { MemoryStore, memoryBucket } from '../simulation/memory-bucket.ts';

/** What one landing cost: seconds, requests, megabytes that the process had at most so far. */
export interface Landing {
  readonly wall: number;
  readonly git: number;
  readonly registry: number;
  readonly received: number;
  readonly peak: number;
}

async function main(url: string, host: string, repository: string, tags: readonly string[]): Promise<void> {
  const landings: Landing[] = [];
  for (const tag of tags) {
    await pushImage({ registry: `http://${host}`, repository }, minimalImage({ tag }), tag);
    const count = { git: 0, registry: 0, received: 0 };
    const http: typeof client = {
      request: (request) => {
        count.registry += 1;
        return client.request(request);
      },
    };
    const remote = new SmartHttp({
      url,
      onTraffic: ({ requests, received }) => {
        count.git += requests;
        count.received += received;
      },
    });
    const change = { kind: 'image', image: `${host}/${repository}`, tag } as const;
    const begin = performance.now();
    const failed = await mirror(
      { deliveries: [{ change, again: false }], unreadable: [] },
      {
        ...depsOf(url, remote),
        images: ociRegistry({ privateRegistries: [host], http }),
      },
    );
    for (const error of failed.values()) throw error;
    const wall = (performance.now() - begin) / 1000;
    landings.push({ wall, ...count, peak: process.resourceUsage().maxRSS / 1024 });
  }
  console.log(JSON.stringify(landings));
}

function depsOf(repository: string, remote: SmartHttp): Omit<Deps, 'images'> {
  return {
    deployment: 'bench',
    repository,
    branch: 'main',
    remote,
    bucket: memoryBucket(new MemoryStore(), async () => {}),
    bus: { put: async () => {} },
    signer: async () => null,
    budget: { units: 1000, bytes: 64 * 2 ** 20 },
    now: () => new Date(),
    newId: () => ulid(),
    remaining: () => 60_000,
    pause: async () => {},
    backoff: async () => {},
    telemetry: SILENT,
    log: (words, facts) => console.error(words, facts),
  };
}

const [url = '', host = '', repository = '', ...tags] = process.argv.slice(2);
main(url, host, repository, tags).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
