import assert from 'node:assert/strict';
import { test } from 'node:test';
import { each } from '../../functions/mirror/each.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import type { GitServerOptions } from '../servers/git-server.ts';

/** A ferry whose ledger has begun: new rules reach everything, told or not. */
async function startBegun(options: GitServerOptions = {}): Promise<Ferry> {
  const ferry = await startFerry(options);
  await ferry.tell('config/none.yaml');
  await ferry.invoke();
  return ferry;
}

async function upload(ferry: Ferry, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, index) => `config/many/${index}.yaml`);
  await each(keys, (key) => ferry.put(key, `key: ${key}\n`));
  await each(keys, (key) => ferry.tell(key));
  return keys;
}

/** Each upload has one commit that changes just its path, and one record; the history is one line. */
async function checkAll(ferry: Ferry, keys: readonly string[]): Promise<void> {
  const { repository } = ferry.server;
  const paths = keys.map((key) => key.replace('config/', 'apps/production/')).sort();
  const log = await repository.git('log', '--format=', '--name-only', '--grep=^Gitferry-Release: ', 'main');
  assert.deepEqual(
    log
      .split('\n')
      .filter((line) => line !== '')
      .sort(),
    paths,
  );
  assert.equal(await repository.git('rev-list', '--count', 'main'), String(keys.length + 1));
  assert.equal(await repository.git('rev-list', '--min-parents=2', '--all'), '');
  const released = (await repository.git('rev-list', '--grep=^Gitferry-Release: ', 'main')).split('\n').sort();
  const recorded = (await ferry.events()).map(({ commit }) => String(commit)).sort();
  assert.deepEqual(recorded, released, 'each release has one record');
  const told = new Set(ferry.notices.map(({ detail }) => detail.commit));
  assert.ok(
    released.every((oid) => told.has(oid)),
    'each release was told',
  );
  assert.equal(await ferry.depth(), 0);
  await repository.git('fsck', '--strict', '--full');
}

test('invariant 4: 90 uploads at once are one push, and 90 commits', async () => {
  const ferry = await startBegun();
  try {
    const before = ferry.pushes();
    const keys = await upload(ferry, 90);
    while ((await ferry.invoke()) !== null);
    await checkAll(ferry, keys);
    assert.equal(ferry.pushes() - before, 1);
  } finally {
    await ferry.close();
  }
});

test('invariant 4: what comes while a push is on its way costs one more', async () => {
  const ferry = await startBegun();
  try {
    await ferry.put('config/first.yaml', 'a: 1\n');
    await ferry.tell('config/first.yaml');
    const before = ferry.pushes();
    let keys: string[] = [];
    await ferry.invoke({
      around: async (effect, when) => {
        if (effect === 'push' && when === 'before') keys = await upload(ferry, 40);
      },
    });
    while ((await ferry.invoke()) !== null);
    await checkAll(ferry, ['config/first.yaml', ...keys]);
    assert.equal(ferry.pushes() - before, 2);
  } finally {
    await ferry.close();
  }
});

for (const [atomic, changes] of [
  [true, 200],
  [false, 40],
] as const)
  test(`4 mirrors at once, ${changes} changes, ${atomic ? 'with' : 'without'} atomic: nothing is lost, in one line`, async () => {
    const ferry = await startBegun({ atomic });
    try {
      const keys = await upload(ferry, changes);
      const work = async (): Promise<void> => {
        // A quarter of them each, so that no one takes all.
        const deps = { budget: { units: changes / 4, bytes: 1 << 20 } };
        while ((await ferry.invoke({ deps })) !== null);
      };
      await Promise.all(Array.from({ length: 4 }, work));
      await checkAll(ferry, keys);
    } finally {
      await ferry.close();
    }
  });
