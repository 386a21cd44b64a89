import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderCommit } from '../../shared/git/commit.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { type GitObject, type Oid, oidOf } from '../../shared/git/object.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { splice } from '../../shared/git/tree.ts';
import { type GitServerOptions, startGitServer } from '../servers/git-server.ts';

const MAIN = 'refs/heads/main';
const LEDGER = 'refs/heads/ledger';
const identity = { name: 'Ada', email: 'ada@example.org', seconds: 1_700_000_000, zone: '+0000' };

const files = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [`apps/team-${i % 5}/app-${i}/values.yaml`, `replicas: ${i}\n`]),
);

const VARIANTS: Readonly<Record<string, GitServerOptions>> = {
  full: {},
  'without filter': { filter: false },
  'protocol v0': { protocol: 'v0' },
  'protocol v0 without filter': { protocol: 'v0', filter: false },
  'without atomic': { atomic: false },
  'that checks objects': { fsck: true },
  'with latency': { latency: 30 },
};

/** Puts one file at the root, on top of `tip`. */
function edit(root: GitObject, tip: Oid | null, name: string, text: string) {
  const blob: GitObject = { type: 'blob', bytes: Buffer.from(text) };
  const entry = { mode: '100644', oid: oidOf(blob) };
  const tree: GitObject = { type: 'tree', bytes: splice(root.bytes, new Map([[name, entry]])) };
  const commit: GitObject = {
    type: 'commit',
    bytes: renderCommit({
      tree: oidOf(tree),
      parents: tip === null ? [] : [tip],
      author: identity,
      committer: identity,
      message: `Put ${name}\n`,
    }),
  };
  return { oid: oidOf(commit), objects: new Map([commit, tree, blob].map((object) => [oidOf(object), object])) };
}

const EMPTY: GitObject = { type: 'tree', bytes: new Uint8Array(0) };

for (const [name, options] of Object.entries(VARIANTS)) {
  test(`a server ${name}: reads along paths, moves two refs, reads the log`, async (t) => {
    const server = await startGitServer(files, { ...options });
    t.after(() => server.close());
    const { repository } = server;
    const remote = new SmartHttp({ url: server.url, memory: newMemory() });

    const tip = (await remote.tips([MAIN, LEDGER])).get(MAIN) as Oid;
    assert.equal(tip, await repository.git('rev-parse', MAIN));
    const opened = await remote.open(tip, ['apps/team-3/app-8/values.yaml', 'absent/x', 'new.txt']);
    for (const folder of ['', 'apps', 'apps/team-3', 'apps/team-3/app-8']) {
      assert.ok(opened.has(await repository.git('rev-parse', `${MAIN}:${folder}`)), folder);
    }
    const blob = await repository.git('rev-parse', `${MAIN}:apps/team-3/app-8/values.yaml`);
    assert.equal(Buffer.from((await remote.fetch([blob])).get(blob)?.bytes ?? []).toString(), 'replicas: 8\n');

    const root = opened.get(await repository.git('rev-parse', `${MAIN}:`)) as GitObject;
    const one = edit(root, tip, 'new.txt', 'one\n');
    const ledger = edit(EMPTY, null, 'record', 'one\n');
    const report = await remote.push(
      [
        { ref: MAIN, from: tip, to: one.oid },
        { ref: LEDGER, from: null, to: ledger.oid },
      ],
      new Map([...one.objects, ...ledger.objects]),
    );
    assert.deepEqual([...report.moved], [MAIN, LEDGER]);
    assert.equal(await repository.git('show', `${MAIN}:new.txt`), 'one');
    await repository.git('fsck', '--strict', '--full');

    const log = await Array.fromAsync(remote.log(one.oid, tip));
    assert.deepEqual(
      log.map(({ oid }) => oid),
      [one.oid],
    );
    const theirs = await repository.commit({ 'apps/team-3/app-8/values.yaml': 'replicas: 9\n' });
    const cold = new SmartHttp({ url: server.url, memory: newMemory() });
    assert.deepEqual(
      (await Array.fromAsync(cold.log(theirs, tip))).map(({ oid }) => oid),
      [theirs, one.oid],
    );
    assert.deepEqual(
      (await Array.fromAsync(cold.log(theirs, null))).map(({ oid }) => oid),
      [theirs, one.oid, tip],
    );
    const moved = await remote.open(theirs, ['apps/team-3/app-8/values.yaml']);
    assert.ok(moved.has(await repository.git('rev-parse', `${MAIN}:apps/team-3/app-8`)));
  });
}
