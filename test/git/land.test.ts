import assert from 'node:assert/strict';
import { test } from 'node:test';
import { land } from '../../shared/git/land.ts';
import type { Remote } from '../../shared/git/remote.ts';
import { makeRepository } from '../servers/git-repository.ts';
import { type GitServerOptions, startGitServer } from '../servers/git-server.ts';
import { cold, MAIN, putting } from './branch.ts';

/** What old tools left in trees, and what stands beside each other in a trap. */
const ODDITIES = {
  'foo.txt': 'a file beside a folder\n',
  'foo-bar': 'sorts between\n',
  'foo/inner.txt': 'inner\n',
  foo0: 'sorts behind\n',
  link: { mode: '120000', bytes: 'foo.txt' },
  'run.sh': { mode: '100755', bytes: '#!/bin/sh\n' },
  module: { mode: '160000', bytes: '1'.repeat(40) },
  'crlf.yaml': 'a: 1\r\n',
};

const VARIANTS: Readonly<Record<string, GitServerOptions>> = {
  full: {},
  'without filter': { filter: false },
  'protocol v0': { protocol: 'v0' },
  'protocol v0 without filter': { protocol: 'v0', filter: false },
  'that checks objects': { fsck: true },
};

for (const [name, options] of Object.entries(VARIANTS)) {
  test(`${name}: one commit on the old tip, only our paths, all else byte for byte`, async (t) => {
    const server = await startGitServer(ODDITIES, { ...options });
    t.after(() => server.close());
    const { repository } = server;
    // Names that are not UTF-8 and the mode 100664: nothing but a tree by hand holds them.
    const blob = (await repository.gitBytes(Buffer.from('old\n'), 'hash-object', '-w', '--stdin')).toString().trim();
    const odd = Buffer.concat(
      ['100644 caf\xe9', '100664 group', '100644 z'].map((line) =>
        Buffer.concat([Buffer.from(`${line}\0`, 'latin1'), Buffer.from(blob, 'hex')]),
      ),
    );
    const tree = (
      await repository.gitBytes(odd, 'hash-object', '-t', 'tree', '-w', '--literally', '--stdin')
    ).toString();
    const lines = `${await repository.git('ls-tree', MAIN)}\n040000 tree ${tree.trim()}\todd\n`;
    const root = (await repository.gitBytes(Buffer.from(lines), 'mktree', '--missing')).toString().trim();
    const tip = await repository.git('commit-tree', root, '-p', MAIN, '-m', 'Odd');
    await repository.git('update-ref', MAIN, tip);

    const edits = { 'odd/new.txt': 'new\n', 'foo/inner.txt': 'changed\n', 'deep/er/x': 'x\n', 'foo-bar': null };
    const { commit, landed, attempts } = await land(cold(server.url), MAIN, putting(edits));
    assert.deepEqual({ landed, attempts }, { landed: true, attempts: 1 });
    assert.equal(await repository.git('rev-parse', MAIN), commit);
    assert.equal(await repository.git('rev-parse', `${commit}^`), tip);
    assert.equal(
      await repository.git('diff-tree', '-r', '--name-status', '--no-renames', tip, commit ?? ''),
      'A\tdeep/er/x\nD\tfoo-bar\nM\tfoo/inner.txt\nA\todd/new.txt',
    );
    const after = await repository.gitBytes(Buffer.alloc(0), 'cat-file', 'tree', `${commit}:odd`);
    assert.ok(after.includes(Buffer.from('100644 caf\xe9\0', 'latin1')));
    assert.ok(after.includes(Buffer.from('100664 group\0')));
    await repository.git('fsck', '--strict', '--full').catch((error: Error) => {
      // The mode 100664 was there before us; nothing else may be amiss.
      assert.match(error.message, /badFilemode/u);
    });
  });
}

test('moves nothing when nothing differs', async (t) => {
  const server = await startGitServer({ 'a.txt': 'a\n' });
  t.after(() => server.close());
  const tip = await server.repository.git('rev-parse', MAIN);
  const landing = await land(cold(server.url), MAIN, putting({ 'a.txt': 'a\n' }));
  assert.deepEqual(landing, { commit: tip, landed: false, attempts: 1 });
  assert.equal(server.requests.filter(({ line }) => line.startsWith('POST') && line.includes('receive')).length, 0);
});

test('an absent branch, and an empty repository: created only when told', async (t) => {
  for (const content of [undefined, { 'a.txt': 'a\n' }]) {
    const server = await startGitServer(content);
    t.after(() => server.close());
    const ref = 'refs/heads/fresh';
    await assert.rejects(land(cold(server.url), ref, putting({ 'b.txt': 'b\n' })), {
      name: 'Stalled',
      reason: 'BranchMissing',
    });
    const { commit } = await land(cold(server.url), ref, putting({ 'b.txt': 'b\n' }), { create: true });
    assert.equal(await server.repository.git('log', '--format=%H', ref), commit);
    assert.deepEqual([...(await server.repository.list(ref)).keys()], ['b.txt']);
    await server.repository.git('fsck', '--strict', '--full');
  }
});

/** A remote that lets something happen right before the first push. */
function interrupted(remote: Remote, before: () => Promise<unknown>): Remote {
  let first = true;
  return {
    tips: (refs) => remote.tips(refs),
    open: (...args) => remote.open(...args),
    fetch: (oids) => remote.fetch(oids),
    log: (tip, until) => remote.log(tip, until),
    async push(moves, objects) {
      if (first) await before();
      first = false;
      return remote.push(moves, objects);
    },
  };
}

test('another writer is first, forces the branch back, or deletes it: rebuilt on what stands there', async (t) => {
  const server = await startGitServer({ 'a.txt': 'a\n' });
  t.after(() => server.close());
  const { repository } = server;
  const begin = await repository.git('rev-parse', MAIN);

  let theirs = '';
  const racing = interrupted(cold(server.url), async () => {
    theirs = await repository.commit({ 'theirs.txt': 'theirs\n' });
  });
  const first = await land(racing, MAIN, putting({ 'ours.txt': 'ours\n' }));
  assert.equal(first.attempts, 2);
  assert.equal(await repository.git('rev-parse', `${first.commit}^`), theirs);
  assert.deepEqual([...(await repository.list()).keys()], ['a.txt', 'ours.txt', 'theirs.txt']);

  const forced = interrupted(cold(server.url), () => repository.git('update-ref', MAIN, begin));
  const second = await land(forced, MAIN, putting({ 'again.txt': 'again\n' }));
  assert.equal(await repository.git('rev-parse', `${second.commit}^`), begin);

  const deleted = interrupted(cold(server.url), () => repository.git('update-ref', '-d', MAIN));
  await assert.rejects(land(deleted, MAIN, putting({ 'b.txt': 'b\n' })), { reason: 'BranchMissing' });
  await repository.git('fsck', '--strict', '--full');
});

test('a hook that refuses is a real refusal, told in its words, and never forced', async (t) => {
  const server = await startGitServer({ 'a.txt': 'a\n' }, { hook: 'echo "no deploys on Friday" >&2; exit 1' });
  t.after(() => server.close());
  const tip = await server.repository.git('rev-parse', MAIN);
  const attempt = land(cold(server.url), MAIN, putting({ 'b.txt': 'b\n' }), { wait: async () => {} });
  await assert.rejects(attempt, { name: 'Stalled', reason: 'PushRefused', message: /hook declined/u });
  assert.equal(await server.repository.git('rev-parse', MAIN), tip);
});

test('a connection that dies after the push: the ref tells that it landed', async (t) => {
  const server = await startGitServer({ 'a.txt': 'a\n' }, { dropPushes: 1 });
  t.after(() => server.close());
  const { commit, attempts } = await land(cold(server.url), MAIN, putting({ 'b.txt': 'b\n' }));
  assert.equal(attempts, 1);
  assert.equal(await server.repository.git('rev-parse', MAIN), commit);
  assert.equal(await server.repository.git('rev-list', '--count', MAIN), '2');
});

test('8 writers on one branch all land, in one line, and nothing is lost', async (t) => {
  const server = await startGitServer({ 'a.txt': 'a\n' });
  t.after(() => server.close());
  const writers = Array.from({ length: 8 }, (_, i) =>
    land(cold(server.url), MAIN, putting({ [`apps/${i % 2}/${i}.txt`]: `${i}\n` }, `Writer ${i}\n`)),
  );
  const landings = await Promise.all(writers);
  assert.ok(landings.every(({ landed }) => landed));
  assert.equal(await server.repository.git('rev-list', '--count', MAIN), '9');
  assert.equal(await server.repository.git('rev-list', '--count', '--min-parents=2', MAIN), '0');
  assert.equal((await server.repository.list()).size, 9);
  await server.repository.git('fsck', '--strict', '--full');
});

test('a SHA-256 repository is refused clearly, in both protocols', async (t) => {
  for (const protocol of ['v2', 'v0'] as const) {
    const repository = await makeRepository({ 'a.txt': 'a\n' }, 'sha256');
    t.after(() => repository.remove());
    const server = await startGitServer(repository, { protocol });
    t.after(() => server.close());
    await assert.rejects(land(cold(server.url), MAIN, putting({ 'b.txt': 'b\n' })), {
      name: 'Stalled',
      reason: 'ObjectFormatUnsupported',
    });
  }
});
