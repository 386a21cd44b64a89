import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { BUCKET, startStack, type TestStack } from '../servers/stack.ts';
import { CREDENTIALS, lacking } from './programs.ts';

const execute = promisify(execFile);
const EXAMPLES = join(import.meta.dirname, '../../examples');

const skip = await lacking('aws', 'helm');

describe('publish.sh, with the real programs', { skip }, () => {
  let folder: string;
  let stack: TestStack;

  const git = async (...args: string[]): Promise<string> =>
    (await execute('git', args, { cwd: stack.git })).stdout.trimEnd();

  /** Runs it in the folder of a build, and waits until nothing is on its way; answers the new commits, oldest first. */
  async function publish(...args: string[]): Promise<readonly string[]> {
    const tip = await git('rev-parse', 'main');
    const to = ['--bucket', BUCKET, '--endpoint-url', stack.url];
    const env = { ...process.env, ...CREDENTIALS };
    await execute('sh', [join(EXAMPLES, 'ci/publish.sh'), ...to, ...args], { cwd: folder, env });
    await stack.settled();
    return (await git('rev-list', '--reverse', `${tip}..main`)).split('\n').filter((commit) => commit !== '');
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gitferry-publish-'));
    await cp(join(EXAMPLES, 'charts/hello'), join(folder, 'deploy/chart'), { recursive: true });
    await cp(join(EXAMPLES, 'config/production'), join(folder, 'deploy/production'), { recursive: true });
    stack = await startStack();
  });
  after(async () => {
    await stack?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('a chart and configuration become commits, which name the build', async () => {
    const build = ['--build', 'https://ci.example.org/job/shop/7/', '--source-commit', 'abcdef0'];
    const what = ['--chart', 'deploy/chart', 'charts/', '--config', 'deploy/production', 'config/'];
    const commits = await publish(...what, ...build, '--version', '0.2.0');
    assert.equal(commits.length, 3);
    assert.match(await git('show', 'main:charts/hello/Chart.yaml'), /^version: 0\.2\.0$/mu);
    assert.match(await git('show', 'main:apps/production/hello/settings.yaml'), /GREETING/u);
    for (const commit of commits) {
      const message = await git('show', '--no-patch', '--format=%B', commit);
      assert.match(message, /^Gitferry-Claim-Build: https:\/\/ci\.example\.org\/job\/shop\/7\/$/mu);
      assert.match(message, /^Gitferry-Claim-Source-Commit: abcdef0$/mu);
    }
    assert.deepEqual(
      await publish(...what, ...build, '--version', '0.2.0'),
      [],
      'a rerun of the build changes nothing',
    );
  });
});
