import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Draft } from '../../shared/git/draft.ts';
import { newMemory } from '../../shared/git/memory.ts';
import type { Oid } from '../../shared/git/object.ts';
import type { Move } from '../../shared/git/remote.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { type GitServer, type GitServerOptions, startGitServer } from '../servers/git-server.ts';
import { cold, MAIN, putting } from './branch.ts';

const LEDGER = 'refs/heads/ledger';

/** Two commits on main and one on the ledger, as a batch of two units makes them. */
async function batch(remote: SmartHttp, tips: ReadonlyMap<string, Oid>) {
  const [branch, ledger] = [new Draft(remote, tips.get(MAIN) ?? null), new Draft(remote, tips.get(LEDGER) ?? null)];
  await putting({ 'charts/a/values.yaml': 'a: 1\n' }, 'Release a\n')(branch);
  await putting({ 'charts/b/values.yaml': 'b: 1\n' }, 'Release b\n')(branch);
  await putting({ 'ab/cd/record.json': '{}\n' }, 'Record\n')(ledger);
  const moves: Move[] = [
    { ref: MAIN, from: branch.base, to: branch.tip as Oid },
    { ref: LEDGER, from: ledger.base, to: ledger.tip as Oid },
  ];
  return { moves, objects: new Map([...branch.added, ...ledger.added]) };
}

async function start(options: GitServerOptions): Promise<{ server: GitServer; tips: ReadonlyMap<string, Oid> }> {
  const server = await startGitServer({ 'a.txt': 'a\n' }, options);
  await server.repository.commit({ 'old.json': '{}\n' }, 'ledger');
  return { server, tips: await cold(server.url).tips([MAIN, LEDGER]) };
}

for (const atomic of [true, false]) {
  test(`several commits and the ledger move in ${atomic ? 'one atomic push' : 'two pushes without atomic'}`, async (t) => {
    const { server, tips } = await start({ atomic });
    t.after(() => server.close());
    const remote = cold(server.url);
    const { moves, objects } = await batch(remote, tips);
    const { moved, refused } = await remote.push(moves, objects);
    assert.deepEqual([[...moved], refused.size], [[MAIN, LEDGER], 0]);
    assert.equal(await server.repository.git('log', '--format=%s', MAIN), 'Release b\nRelease a\nBegin');
    const pushes = server.requests.filter(({ line }) => line.startsWith('POST') && line.endsWith('git-receive-pack'));
    assert.equal(pushes.length, atomic ? 1 : 2);
    await server.repository.git('fsck', '--strict', '--full');
  });

  test(`a stale ledger ${atomic ? 'keeps the branch where it was' : 'is reported after the branch has moved'}`, async (t) => {
    const { server, tips } = await start({ atomic });
    t.after(() => server.close());
    const remote = cold(server.url);
    const { moves, objects } = await batch(remote, tips);
    await server.repository.commit({ 'theirs.json': '{}\n' }, 'ledger');
    const { moved, refused } = await remote.push(moves, objects);
    assert.deepEqual([...moved], atomic ? [] : [MAIN]);
    assert.ok(refused.has(LEDGER));
    assert.equal(await server.repository.git('rev-parse', MAIN), (atomic ? tips.get(MAIN) : moves[0]?.to) ?? '');
  });

  test(`a stale branch ${atomic ? 'with' : 'without'} atomic moves nothing`, async (t) => {
    const { server, tips } = await start({ atomic });
    t.after(() => server.close());
    const remote = cold(server.url);
    const { moves, objects } = await batch(remote, tips);
    const theirs = await server.repository.commit({ 'theirs.txt': 'theirs\n' });
    const { moved } = await remote.push(moves, objects);
    assert.deepEqual([...moved], []);
    const now = await cold(server.url).tips([MAIN, LEDGER]);
    assert.deepEqual(now, new Map([...tips, [MAIN, theirs]]));
  });

  test(`the answer is lost ${atomic ? 'with' : 'without'} atomic: the refs tell what moved`, async (t) => {
    const { server, tips } = await start({ atomic, dropPushes: 1 });
    t.after(() => server.close());
    const remote = cold(server.url);
    const { moves, objects } = await batch(remote, tips);
    assert.deepEqual([...(await remote.push(moves, objects)).moved], [MAIN, LEDGER]);
  });
}

test('whether pushes are atomic is learnt once in a process', async (t) => {
  const { server, tips } = await start({});
  t.after(() => server.close());
  const memory = newMemory();
  for (let from = tips, i = 0; i < 3; i++) {
    const remote = new SmartHttp({ url: server.url, memory });
    const { moves, objects } = await batch(remote, from);
    await remote.push(moves, objects);
    from = await remote.tips([MAIN, LEDGER]);
    await server.repository.git('update-ref', MAIN, tips.get(MAIN) ?? '');
    from = new Map([...from, [MAIN, tips.get(MAIN) ?? '']]);
  }
  assert.equal(server.requests.filter(({ line }) => line.startsWith('GET') && line.includes('receive-pack')).length, 1);
});

test('a wide folder is sent as the line that changes in it', async (t) => {
  const files = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`charts/chart-${i}.tgz`, `${i}\n`]));
  const server = await startGitServer(files);
  t.after(() => server.close());
  let sent = 0;
  const remote = cold(server.url, { onTraffic: (traffic) => (sent += traffic.sent) });
  const tip = (await remote.tips([MAIN])).get(MAIN) as Oid;
  const [branch, other] = [new Draft(remote, tip), new Draft(remote, null)];
  await putting({ 'charts/chart-1500.tgz': 'new\n' })(branch);
  await putting({ record: '1\n' })(other);
  const moves = [
    { ref: MAIN, from: tip, to: branch.tip as Oid },
    { ref: LEDGER, from: null, to: other.tip as Oid },
  ];
  const { moved } = await remote.push(moves, new Map([...branch.added, ...other.added]));
  assert.equal(moved.size, 2);
  assert.ok(sent < 5_000, `${sent} bytes`);
  await server.repository.git('fsck', '--strict', '--full');
});

test('folders that a refused push left on the server are sent again, and land', async (t) => {
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`charts/chart-${i}.tgz`, `${i}\n`]));
  const server = await startGitServer(files);
  t.after(() => server.close());
  const remote = cold(server.url);
  const tip = (await remote.tips([MAIN])).get(MAIN) as Oid;
  const branch = new Draft(remote, tip);
  const ledger = new Draft(remote, null);
  // Beyond a hundred objects git keeps a pack as it is.
  for (let number = 0; number < 40; number += 1) await putting({ [`charts/chart-${number}.tgz`]: 'new\n' })(branch);
  await putting({ record: '1\n' })(ledger);
  const moves = (from: Oid | null): Move[] => [
    { ref: MAIN, from: tip, to: branch.tip as Oid },
    { ref: LEDGER, from, to: ledger.tip as Oid },
  ];
  const objects = new Map([...branch.added, ...ledger.added]);
  // Refused, as somebody else's ledger would be: git keeps the objects all the same.
  assert.equal((await remote.push(moves(tip), objects)).refused.size, 2);
  await server.repository.git('cat-file', '-e', branch.tip as Oid);
  const { moved, refused } = await remote.push(moves(null), objects);
  assert.deepEqual([...refused.values()], []);
  assert.equal(moved.size, 2);
  await server.repository.git('fsck', '--strict', '--full');
});
