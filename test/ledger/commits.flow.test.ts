import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Stalled } from '../../shared/errors.ts';
import { newMemory } from '../../shared/git/memory.ts';
import type { Oid } from '../../shared/git/object.ts';
import type { History } from '../../shared/git/remote.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { type Commits, commitsBetween } from '../../shared/ledger/commits.ts';
import { type GitServer, type GitServerOptions, startGitServer } from '../servers/git-server.ts';

const SERVERS: Readonly<Record<string, GitServerOptions>> = {
  full: {},
  'without filter': { filter: false },
  'of protocol v0': { protocol: 'v0' },
  'of protocol v0 without filter': { protocol: 'v0', filter: false },
};

for (const [name, options] of Object.entries(SERVERS))
  describe(`commits of a ledger on a server ${name}`, () => {
    let server: GitServer;
    let line: Oid[];
    before(async () => {
      server = await startGitServer({ a: '0' }, options);
      for (const at of Array(20).keys()) await server.repository.commit({ [`events${at % 3}`]: `${at}` });
      line = (await server.repository.git('rev-list', '--reverse', 'main')).split('\n');
    });
    after(() => server.close());

    /** So many at a time at most. */
    const paged = (depth: number): History => {
      const remote = new SmartHttp({ url: server.url, memory: newMemory() });
      return { commits: (want, have, most) => remote.commits(want, have, Math.min(most, depth)) };
    };
    const between = async (tip: Oid, until: Oid | null, history = paged(4)): Promise<Commits> => {
      const found = await commitsBetween(history, { tip, until, most: 1000, late: () => false });
      assert.ok('oldestFirst' in found);
      return found;
    };
    const oids = ({ oldestFirst }: Commits): Oid[] => oldestFirst.map(({ oid }) => oid);
    const tip = (): Oid => line.at(-1) as Oid;

    test('all of them, the oldest first, whatever one answer holds', async () => {
      for (const depth of [1, 7, 5000]) {
        const found = await between(tip(), null, paged(depth));
        assert.deepEqual(oids(found), line);
        assert.equal(found.goOn, false);
      }
      const trees = (await between(tip(), null)).oldestFirst.map(({ tree }) => tree);
      assert.equal(trees.at(-1), await server.repository.git('rev-parse', 'main^{tree}'));
    });

    test('those after one that is known', async () => {
      for (const at of [0, 13, 19, 20]) {
        const found = await between(tip(), line[at] as Oid);
        assert.deepEqual(oids(found), line.slice(at + 1));
        assert.equal(found.goOn, true);
      }
    });

    test('none, and no going on, where the branch was set back', async () => {
      assert.deepEqual(await between(line[5] as Oid, tip()), { oldestFirst: [], goOn: false });
    });

    test('another line: what is not known of it', async () => {
      const { repository } = server;
      await repository.git('branch', '--force', 'forked', line[10] as Oid);
      const own = await repository.commit({ forked: '1' }, 'forked');
      const found = await between(own, tip());
      assert.deepEqual(oids(found), [own]);
      assert.equal(found.goOn, false);
      const orphan = await repository.commit({ lonely: '1' }, 'orphan');
      assert.deepEqual(oids(await between(orphan, tip())), [orphan]);
      assert.deepEqual(oids(await between(orphan, '1'.repeat(40))), [orphan], 'one that the server has forgotten');
    });

    test('a merge, which is nobody’s of ours: both lines, each commit after its parents', async () => {
      const { repository } = server;
      await repository.git('branch', '--force', 'side', line[3] as Oid);
      const side = [await repository.commit({ side: '1' }, 'side'), await repository.commit({ side: '2' }, 'side')];
      const tree = await repository.git('rev-parse', 'main^{tree}');
      const merge = await repository.git('commit-tree', tree, '-p', side[1] as Oid, '-p', tip(), '-m', 'Merge');
      await repository.git('branch', '--force', 'merged', merge);
      const known = line[15] as Oid;
      for (const depth of [1, 2, 5000]) {
        const found = await between(merge, known, paged(depth));
        assert.deepEqual(new Set(oids(found)), new Set([...side, ...line.slice(16), merge]));
        assert.equal(found.goOn, true);
        const at = (oid: Oid | undefined): number => oids(found).indexOf(oid ?? '');
        assert.ok(at(side[0]) < at(side[1]) && at(side[1]) < at(merge) && at(tip()) < at(merge));
      }
    });

    test('of more than fit, where to begin', async () => {
      const found = await commitsBetween(paged(4), { tip: tip(), until: null, most: 8, late: () => false });
      assert.deepEqual(found, { stoppedAt: line[12] });
    });

    test('too large together, they come one by one', async () => {
      const { commits } = paged(100);
      const asked: number[] = [];
      const tight: History = {
        commits: async (want, have, depth) => {
          asked.push(depth);
          if (depth > 1) throw new Stalled('PackTooLarge', 'Too much.');
          return commits(want, have, depth);
        },
      };
      assert.deepEqual(oids(await between(line[2] as Oid, null, tight)), line.slice(0, 3));
      assert.ok(asked.length < 20, `${asked}`);
    });

    test('no time left: it says so rather than begin', async () => {
      const late = commitsBetween(paged(4), { tip: tip(), until: null, most: 1000, late: () => true });
      await assert.rejects(late, { name: 'Retryable', reason: 'TimeShort' });
    });
  });
