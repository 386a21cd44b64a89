import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { land } from '../../shared/git/land.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { type GitRepository, makeRepository } from '../servers/git-repository.ts';
import { type GitServerOptions, startGitServer } from '../servers/git-server.ts';
import { MAIN, putting } from './branch.ts';

let repository: GitRepository;
before(async () => {
  const files: Record<string, string> = {};
  for (let i = 0; i < 6000; i++)
    files[`clusters/env-${i % 3}/apps/team-${i % 50}/app-${i}/values.yaml`] = `app: ${i}\n`;
  for (let i = 0; i < 2000; i++) files[`charts/chart-${i}.tgz`] = `${i}\n`.repeat(50);
  repository = await makeRepository(files);
});
after(() => repository.remove());

/** Requests and received bytes of each of these landings, one after another in one process. */
async function cost(options: GitServerOptions, ...landings: Record<string, string>[]) {
  const server = await startGitServer(repository, options);
  const memory = newMemory();
  const costs: { requests: number; received: number }[] = [];
  try {
    for (const texts of landings) {
      const total = { requests: 0, received: 0 };
      const remote = new SmartHttp({
        url: server.url,
        memory,
        onTraffic: ({ requests, received }) => {
          total.requests += requests;
          total.received += received;
        },
      });
      assert.equal((await land(remote, MAIN, putting(texts))).landed, true);
      costs.push(total);
    }
  } finally {
    await server.close();
  }
  return costs;
}

const DEEP = 'clusters/env-2/apps/team-49/app-149/values.yaml';

test('cold: a bounded part of the trees; warm: two requests and next to nothing', async () => {
  const [first, second] = await cost({}, { [DEEP]: 'cold\n' }, { [DEEP]: 'warm\n' });
  assert.ok(first !== undefined && first.received < 800_000 && first.requests <= 10, JSON.stringify(first));
  assert.ok(second !== undefined && second.received <= 300 && second.requests <= 2, JSON.stringify(second));
});

test('warm, after others moved the branch: what they changed, not the trees again', async () => {
  const server = await startGitServer(repository);
  const memory = newMemory();
  let received = 0;
  const remote = new SmartHttp({ url: server.url, memory, onTraffic: (traffic) => (received += traffic.received) });
  try {
    await land(remote, MAIN, putting({ [DEEP]: 'mine\n' }));
    await repository.commit({ 'clusters/env-0/apps/team-0/app-0/values.yaml': 'theirs\n' });
    received = 0;
    await land(remote, MAIN, putting({ [DEEP]: 'mine again\n' }));
    assert.ok(received < 20_000, `${received} bytes`);
  } finally {
    await server.close();
  }
});

for (const [name, options] of Object.entries({
  'without filter': { filter: false },
  'protocol v0 without filter': { protocol: 'v0', filter: false },
} as const)) {
  test(`${name}: hung up before the files arrive`, async () => {
    const [first, second] = await cost(options, { [DEEP]: `cold ${name}\n` }, { [DEEP]: `warm ${name}\n` });
    assert.ok(first !== undefined && first.received < 1_500_000, JSON.stringify(first));
    assert.ok(second !== undefined && second.received < 1_000, JSON.stringify(second));
  });
}

test('by ids only: a request a level, and shared by walks that run at the same time', async () => {
  const server = await startGitServer(repository);
  let [requests, received] = [0, 0];
  const remote = new SmartHttp({
    url: server.url,
    memory: newMemory(),
    onTraffic: (traffic) => {
      requests += traffic.requests;
      received += traffic.received;
    },
  });
  try {
    const tip = (await remote.tips([MAIN])).get(MAIN) ?? '';
    const paths = [[DEEP], ['clusters/env-0/apps/team-0/app-0/values.yaml'], ['charts/chart-1.tgz']];
    [requests, received] = [0, 0];
    await Promise.all(paths.map((some) => remote.open(tip, some, { byIds: true })));
    // The commit, the root, and five levels of folders.
    assert.equal(requests, 7);
    assert.ok(received < 100_000, `${received} bytes`);
  } finally {
    await server.close();
  }
});
