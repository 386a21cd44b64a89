import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { reaching } from '../../functions/verify/look/reach.ts';
import { Retryable } from '../../shared/errors.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { type GitServer, startGitServer } from '../servers/git-server.ts';
import { DIGEST } from './sight.ts';

let git: GitServer;
let commits: { parent: string; ours: string; later: string; merge: string; aside: string };

before(async () => {
  git = await startGitServer({ a: '1' });
  const { repository } = git;
  const parent = await repository.git('rev-parse', 'main');
  const ours = await repository.commit({ a: '2' });
  const later = await repository.commit({ b: '1' });
  await repository.git('branch', 'aside', parent);
  const aside = await repository.commit({ c: '1' }, 'aside');
  const tree = await repository.git('rev-parse', 'main^{tree}');
  const merge = await repository.git('commit-tree', tree, '-p', aside, '-p', later, '-m', 'Merge');
  await repository.git('update-ref', 'refs/heads/merged', merge);
  commits = { parent, ours, later, merge, aside };
});
after(() => git.close());

const remote = () => new SmartHttp({ url: git.url, memory: newMemory() });
const revision = (commit: string): string => `main@sha1:${commit}`;

describe('asks Git whether an applied revision descends from the release', () => {
  const reach = async (commit: string | null): Promise<string> => {
    const reaches = reaching(remote(), commits.ours, {});
    return reaches.of(commit === null ? null : revision(commit));
  };

  test('itself and a descendant count; an ancestor, another branch, and what the server never saw do not', async () => {
    assert.equal(await reach(commits.ours), 'ours');
    assert.equal(await reach(commits.later), 'ours');
    assert.equal(await reach(commits.merge), 'ours');
    assert.equal(await reach(commits.parent), 'before');
    assert.equal(await reach(commits.aside), 'before');
    assert.equal(await reach('c'.repeat(40)), 'before');
    assert.equal(await reach(null), 'before');
  });

  test('a digest tells nothing', async () => {
    assert.equal(await reaching(remote(), commits.ours, {}).of(DIGEST), 'unknown');
  });

  test('by one small request, once', async () => {
    const [one, memory] = [remote(), {} as Record<string, boolean>];
    await one.tips(['refs/heads/main']);
    const from = git.requests.length;
    const reaches = reaching(one, commits.ours, memory);
    assert.deepEqual(await Promise.all([commits.later, commits.later].map((oid) => reaches.of(oid))), ['ours', 'ours']);
    assert.equal(git.requests.length - from, 1);
    const again = reaching(one, commits.ours, reaches.learnt());
    assert.equal(await again.of(commits.later), 'ours');
    assert.equal(git.requests.length - from, 1);
  });

  test('an outage is no answer', async () => {
    const away = new SmartHttp({ url: 'http://127.0.0.1:1/main.git', memory: newMemory(), remaining: () => 1000 });
    await assert.rejects(reaching(away, commits.ours, {}).of(commits.later), Retryable);
  });
});
