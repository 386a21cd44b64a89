// Lands one uploaded file as `mirror` does, rules, ledger and all, from a bucket in memory.
import { readFileSync } from 'node:fs';
import { ulid } from 'ulid';
import { mirror } from '../../functions/mirror/mirror.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { MemoryStore, memoryBucket } from '../simulation/memory-bucket.ts';
import { MemoryImages } from '../simulation/memory-images.ts';
import { MIRRORED } from './repositories.ts';

async function main(url: string, file: string): Promise<void> {
  const store = new MemoryStore();
  store.put(MIRRORED.key, readFileSync(file));
  const change = { kind: 'object', bucket: 'bench', key: MIRRORED.key } as const;
  const failed = await mirror(
    { deliveries: [{ change, again: false }], unreadable: [] },
    {
      deployment: 'bench',
      repository: url,
      branch: 'main',
      remote: new SmartHttp({ url }),
      bucket: memoryBucket(store, async () => {}),
      images: new MemoryImages(),
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
    },
  );
  for (const error of failed.values()) throw error;
}

const [url = '', file = ''] = process.argv.slice(2);
main(url, file).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
