import { archive, type Deps } from '../../functions/archive/archive.ts';
import { type Store, s3Store } from '../../functions/archive/store.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import { memoryTable } from '../../shared/table/memory.ts';
import type { Table } from '../../shared/table/table.ts';
import type { Files } from '../servers/git-repository.ts';
import { type GitServer, type GitServerOptions, startGitServer } from '../servers/git-server.ts';
import { type LockedBucket, startLockedBucket } from '../servers/locked-bucket.ts';

export const LEDGER = { deployment: 'test', branch: 'main' };
export const BRANCH = 'gitferry-ledger/test/main';

/** A file of events as the ledger writes it. */
export function eventsJson(...ids: readonly string[]): string {
  const events = ids.map((id) => ({ type: 'adopted', id, at: '2026-01-02T03:04:05.678Z', unit: `s3://acme/#${id}` }));
  return `${JSON.stringify({ schema: 1, events }, null, 2)}\n`;
}

/** A ledger on a Git server, a bucket with Object Lock, and `archive` between them. */
export interface Archive {
  readonly server: GitServer;
  readonly bucket: LockedBucket;
  readonly store: Store;
  readonly table: Table;
  readonly told: Notice[];
  readonly logged: { readonly message: string; readonly facts: Readonly<Record<string, unknown>> }[];
  /** Adds a commit to the ledger; answers its id. */
  record(files: Files, branch?: string): Promise<string>;
  run(given?: Partial<Deps>): Promise<void>;
  /** The commits that are copied, by their keys in the order of keys. */
  copied(): string[];
  /** The bytes of a commit's copy, which must have one version. */
  copyOf(oid: string): Buffer;
  close(): Promise<void>;
}

export async function startArchive(options: GitServerOptions = {}): Promise<Archive> {
  const server = await startGitServer({ 'gitferry.yaml': '' }, options);
  const bucket = await startLockedBucket();
  const store = s3Store(bucket.client, bucket.name);
  const table = memoryTable();
  const told: Notice[] = [];
  const logged: Archive['logged'][number][] = [];
  return {
    server,
    bucket,
    store,
    table,
    told,
    logged,
    record: (files, branch = BRANCH) => server.repository.commit(files, branch, 'Record what became of a batch'),
    run: (given = {}) =>
      archive({
        ...LEDGER,
        repository: server.url,
        remote: new SmartHttp({ url: server.url, memory: newMemory() }),
        store,
        bucket: bucket.name,
        table,
        bus: { put: async (notices) => void told.push(...notices) },
        now: () => new Date(),
        remaining: () => 300_000,
        log: (message, facts) => void logged.push({ message, facts }),
        ...given,
      }),
    copied: () => [...bucket.objects.keys()].sort().map((key) => key.slice(-45, -5)),
    copyOf: (oid) => {
      const [key = ''] = [...bucket.objects.keys()].filter((one) => one.endsWith(`-${oid}.json`));
      const [only, ...others] = bucket.objects.get(key) ?? [];
      if (only?.body == null || others.length > 0) throw new Error(`${oid} has not one version`);
      return only.body;
    },
    close: async () => {
      await bucket.close();
      await server.close();
    },
  };
}

/** One whose ledger has so many commits, the oldest first. */
export async function withCommits(count: number): Promise<{ archive: Archive; line: string[] }> {
  const archive = await startArchive();
  const line: string[] = [];
  for (const at of Array(count).keys()) line.push(await archive.record({ 'events.json': eventsJson(`${at}`) }));
  return { archive, line };
}
