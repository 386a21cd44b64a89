import assert from 'node:assert/strict';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { each } from '../../functions/mirror/each.ts';
import { changedPaths, makeAwkwardRepository } from '../servers/awkward-repository.ts';
import type { GitRepository } from '../servers/git-repository.ts';
import { BUCKET, CONFIG, startStack, type TestStack } from '../servers/stack.ts';

type Uploads = Readonly<Record<string, Uint8Array | string | null>>;

export const LEDGER = 'refs/heads/gitferry-ledger/test/main';

/** The embedded run before a repository that is easily spoilt, and what tests ask of both. */
export interface Flow {
  readonly stack: TestStack;
  readonly repository: GitRepository;
  /** Puts these objects (null: deletes), all at once, waits until nothing is on its way, and answers the new commits, oldest first. */
  drop(uploads: Uploads, metadata?: Readonly<Record<string, string>>): Promise<string[]>;
  /** Drops, and checks that exactly these paths changed, in one commit. Answers the commit. */
  lands(uploads: Uploads, paths: readonly string[]): Promise<string>;
  /** Drops, and checks that nothing at all was committed. */
  doesNothing(uploads: Uploads): Promise<void>;
  /** Commits as a person would; a change of gitferry.yaml is told as a Git host's webhook would. */
  person(...args: Parameters<GitRepository['commit']>): Promise<string>;
  /** What stands at a path of the branch. */
  read(path: string): Promise<string>;
  /** What was told on the bus since the last call, without sweeps: `Rejected PathProtected`, `Landed Release …`. */
  told(): string[];
  /** The newest events of the ledger. */
  recorded(): Promise<Readonly<Record<string, unknown>>[]>;
  /** An object as it is in the bucket, null when it is not there. */
  object(key: string): Promise<string | null>;
  /** `git fsck`, and each ledger commit below the next; then stops everything. */
  end(): Promise<void>;
}

/** `environment`: what its functions see beside the usual. */
export async function startFlow(config = CONFIG, environment: Readonly<Record<string, string>> = {}): Promise<Flow> {
  const repository = await makeAwkwardRepository(config);
  const stack = await startStack({ repositories: repository.root, environment });
  let heard = 0;
  let base = await repository.git('rev-parse', 'main');

  const news = async (): Promise<string[]> => {
    const commits = (await repository.git('rev-list', '--reverse', `${base}..main`))
      .split('\n')
      .filter((oid) => oid !== '');
    base = commits.at(-1) ?? base;
    return commits;
  };

  const drop: Flow['drop'] = async (uploads, metadata = {}) => {
    await each(Object.entries(uploads), ([Key, bytes]): Promise<unknown> => {
      if (bytes === null) return stack.remove(Key);
      return stack.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: bytes, Metadata: metadata }));
    });
    await stack.settled();
    return news();
  };

  return {
    stack,
    repository,
    drop,

    async lands(uploads, paths) {
      const before = base;
      const commits = await drop(uploads);
      assert.equal(commits.length, 1, `${commits.length} commits`);
      const [commit = ''] = commits;
      assert.deepEqual(await changedPaths(repository, before, commit), [...paths].sort());
      return commit;
    },

    async doesNothing(uploads) {
      assert.deepEqual(await drop(uploads), []);
    },

    async person(files, ...rest) {
      base = await repository.commit(files, ...rest);
      return base;
    },

    read: (path) => repository.git('show', `main:${path}`),

    told() {
      const fresh = stack.events.slice(heard).filter((event) => event['detail-type'] !== 'SweepContinues');
      heard = stack.events.length;
      return fresh.map(
        ({ 'detail-type': type, detail }) => `${type} ${detail.reason ?? detail.summary ?? detail.unit}`,
      );
    },

    async recorded() {
      return JSON.parse(await repository.git('show', `${LEDGER}:events.json`)).events;
    },

    async object(key) {
      const answer = await stack.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key })).catch(() => null);
      return (await answer?.Body?.transformToString()) ?? null;
    },

    async end() {
      try {
        await repository.git('fsck', '--strict', '--full');
        const merges = await repository.git('rev-list', '--min-parents=2', '--all');
        assert.equal(merges, '', 'history is linear');
      } finally {
        await stack.stop();
        await repository.remove();
      }
    },
  };
}
