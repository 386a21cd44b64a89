import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { gitferry } from '../cli/process.ts';
import { BUCKET } from '../servers/stack.ts';
import { type Flow, startFlow } from './flow.ts';

const RULES = `apiVersion: gitferry.dev/v1
mirrors:
  - { name: config, bucket: ${BUCKET}, prefix: config/, files: apps }
`;

describe('people take back what gitferry released, and let it land again', () => {
  let flow: Flow;
  const releaseOf = async (): Promise<string> =>
    /^Gitferry-Release: (\w+)$/mu.exec(await flow.repository.git('log', '-1', '--format=%B', 'main'))?.[1] ?? '';
  const run = (...words: readonly string[]) => gitferry(flow.stack.folder, ...words);

  before(async () => {
    flow = await startFlow(RULES);
    const { url, queue, repository, folder } = flow.stack;
    const run = {
      endpoints: { s3: url, sqs: url, events: url, git: repository },
      ...{ bucket: BUCKET, queue, branch: 'main', deployment: 'test', pid: process.pid },
    };
    await mkdir(join(folder, '.gitferry'), { recursive: true });
    await writeFile(join(folder, '.gitferry', 'run.json'), JSON.stringify(run));
    await flow.drop({ 'config/a.yaml': 'a: 1\n' });
    await flow.drop({ 'config/a.yaml': 'a: 2\n' });
  });
  after(() => flow.end());

  it('shows first what would happen', async () => {
    const { status, out, err } = await run('rollback', await releaseOf(), '--dry-run');
    assert.deepEqual([status, err], [0, '']);
    assert.match(out, /^-a: 2\n\+a: 1$/mu);
    assert.equal(await flow.repository.git('show', 'main:apps/a.yaml'), 'a: 2');
  });

  it('rolls back, once, and does not let it return', async () => {
    const release = await releaseOf();
    const { status, out } = await run('rollback', release, '--why', 'too slow');
    assert.deepEqual([status, out], [0, `asked: take back ${release} (config#a.yaml)\n`]);
    await flow.drop({});
    assert.equal(await flow.repository.git('show', 'main:apps/a.yaml'), 'a: 1');
    assert.match(await flow.repository.git('log', '-1', '--format=%B', 'main'), /^Because too slow$/mu);
    const again = await run('rollback', release);
    assert.equal(again.status, 1);
    assert.match(again.err, /was taken back by/u);
    await flow.doesNothing({ 'config/a.yaml': 'a: 2\n' });
  });

  it('lets it land again, by the release that brought it', async () => {
    const log = await run('log', '--output', 'json');
    const landed = log.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ type, reverts }) => type === 'landed' && reverts === undefined);
    const unknown = await run('release', '9.9.9');
    assert.equal(unknown.status, 1);
    assert.match(unknown.err, /NothingHeld|No unit holds 9\.9\.9/u);
    const { status, err } = await run('release', landed[0].id);
    assert.deepEqual([status, err], [0, '']);
    await flow.drop({});
    assert.equal(await flow.repository.git('show', 'main:apps/a.yaml'), 'a: 2');
  });

  it('refuses a release that is unknown, or not what stands', async () => {
    const unknown = await run('rollback', '01ARZ3NDEKTSV4RRFFQ69G5FAV');
    assert.equal(unknown.status, 1);
    assert.match(unknown.err, /The ledger knows of no release/u);
    const half = await run('rollback', 'x', '--repository', 'https://git.example/a');
    assert.equal(half.status, 2);
  });
});
