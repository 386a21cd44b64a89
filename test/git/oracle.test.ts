import assert from 'node:assert/strict';
import fs from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import git from 'isomorphic-git';
import { land } from '../../shared/git/land.ts';
import { readTree } from '../../shared/git/tree.ts';
import { startGitServer } from '../servers/git-server.ts';
import { cold, MAIN, putting } from './branch.ts';

test('isomorphic-git reads the same history, commits and trees from the repository as we over the wire', async (t) => {
  const server = await startGitServer({ 'a.txt': 'a\n', 'run.sh': { mode: '100755', bytes: 'x\n' }, 'b/c.txt': 'c\n' });
  t.after(() => server.close());
  const { repository } = server;
  const fork = await repository.git('rev-parse', MAIN);
  await land(cold(server.url), MAIN, putting({ 'b/d.txt': 'd\n' }, 'Put d\n\nTrailer: x\n'));
  await repository.git('branch', 'side', fork);
  const side = await repository.commit({ 'side.txt': 'side\n' }, 'side', 'Side');
  const tree = await repository.git('rev-parse', 'main^{tree}');
  const merge = await repository.git('commit-tree', tree, '-p', 'main', '-p', side, '-m', 'Merge');
  await repository.git('update-ref', MAIN, merge);

  const oracle = { fs, dir: repository.dir, gitdir: repository.dir };
  const remote = cold(server.url);
  const ours = await Array.fromAsync(remote.log(merge, null));
  const theirs = await git.log({ ...oracle, ref: 'main' });
  // It lists a commit once for each way that leads to it.
  assert.deepEqual(ours.map(({ oid }) => oid).sort(), [...new Set(theirs.map(({ oid }) => oid))].sort());
  for (const { oid, commit } of ours) {
    const same = theirs.find((other) => other.oid === oid)?.commit;
    assert.deepEqual(
      [commit.tree, commit.parents, commit.author.name, commit.author.seconds, commit.message.trimEnd()],
      [same?.tree, same?.parent, same?.author.name, same?.author.timestamp, same?.message.trimEnd()],
    );
  }
  assert.deepEqual(
    (await Array.fromAsync(remote.log(merge, fork))).map(({ oid }) => oid).sort(),
    (await repository.git('rev-list', `${fork}..main`)).split('\n').sort(),
  );

  for (const [oid, { type, bytes }] of await remote.open(merge, ['b/c.txt'])) {
    if (type !== 'tree') continue;
    const same = (await git.readTree({ ...oracle, oid })).tree;
    assert.deepEqual(
      readTree(bytes).map(({ name, oid: inner }) => `${name} ${inner}`),
      same.map(({ path, oid: inner }) => `${path} ${inner}`),
    );
  }
});

test('a protocol v0 server with thousands of branches is hung up on once the wanted ones are read', async (t) => {
  const server = await startGitServer({ 'a.txt': 'a\n' }, { protocol: 'v0' });
  t.after(() => server.close());
  const tip = await server.repository.git('rev-parse', MAIN);
  const names = Array.from({ length: 20_000 }, (_, i) => `refs/heads/team-${i}`).sort();
  const packed = `# pack-refs with: peeled fully-peeled sorted \n${names.map((name) => `${tip} ${name}\n`).join('')}`;
  await writeFile(join(server.repository.dir, 'packed-refs'), packed);
  let received = 0;
  const remote = cold(server.url, {
    onTraffic: (traffic) => {
      received += traffic.received;
    },
  });
  assert.equal((await remote.tips([MAIN])).get(MAIN), tip);
  assert.ok(received < 200_000, `${received} bytes`);
});
