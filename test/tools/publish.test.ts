import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { type Image, minimalImage } from '../../infra/local/image-push.ts';
import { type ImageStack, startImageStack } from '../servers/image-stack.ts';
import { BUCKET, CONFIG } from '../servers/stack.ts';
import { writeLayout } from './oci-layout.ts';
import { CREDENTIALS, lacking } from './programs.ts';

const execute = promisify(execFile);
const EXAMPLES = join(import.meta.dirname, '../../examples');
const DEPLOYMENT = 'apps/greeter/deployment.yaml';

const skip = await lacking('aws', 'helm', 'skopeo', 'docker-registry');

/** The main repository: the configuration of other tests, and one image that a Deployment names. */
async function files(registry: string): Promise<Record<string, string>> {
  const deployment = await readFile(join(EXAMPLES, 'repository', DEPLOYMENT), 'utf8');
  const config = `${CONFIG}images:
  - image: ${registry}/greeter
    policy: { semver: ">=1.0.0" }
    files: ["apps/greeter/*.yaml"]
releases:
  - bucket: ${BUCKET}
    prefix: releases/
`;
  return { 'gitferry.yaml': config, [DEPLOYMENT]: deployment.replace('registry.example.org', registry) };
}

describe('publish.sh, with the real programs', { skip }, () => {
  let folder: string;
  let stack: ImageStack;

  const git = async (...args: string[]): Promise<string> =>
    (await execute('git', args, { cwd: stack.git })).stdout.trimEnd();
  const show = (path: string): Promise<string> => git('show', `main:${path}`);

  /** Runs it in the folder of a build, waits for all that it publishes, and answers the new commits, oldest first. */
  async function publish(...args: string[]): Promise<readonly string[]> {
    const [tip, from] = [await git('rev-parse', 'main'), stack.happenings.length];
    const to = ['--bucket', BUCKET, '--endpoint-url', stack.url, '--plain-http'];
    const env = { ...process.env, ...CREDENTIALS };
    await execute('sh', [join(EXAMPLES, 'ci/publish.sh'), ...to, ...args], { cwd: folder, env });
    await stack.told(
      args.filter((_, at) => args[at - 2] === '--image'),
      from,
    );
    return (await git('rev-list', '--reverse', `${tip}..main`)).split('\n').filter((commit) => commit !== '');
  }

  /** Lays out an image of that version, as a build does. */
  async function build(version: string, architectures?: readonly string[]): Promise<Image> {
    const image = minimalImage({ version }, architectures);
    await writeLayout(join(folder, `image-${version}`), image);
    return image;
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gitferry-publish-'));
    await cp(join(EXAMPLES, 'charts/hello'), join(folder, 'deploy/chart'), { recursive: true });
    await cp(join(EXAMPLES, 'config/production'), join(folder, 'deploy/production'), { recursive: true });
    stack = await startImageStack({ files });
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
    assert.match(await show('charts/hello/Chart.yaml'), /^version: 0\.2\.0$/mu);
    assert.match(await show('apps/production/hello/settings.yaml'), /GREETING/u);
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

  for (const [version, architectures] of [
    ['1.1.0', ['amd64']],
    ['1.2.0', ['amd64', 'arm64']],
  ] as const)
    it(`an image for ${architectures.join(' and ')} becomes a commit that changes one line`, async () => {
      const { digest } = await build(version, architectures);
      const name = `${stack.registry}/greeter:${version}`;
      const commits = await publish('--image', `oci:image-${version}`, name);
      assert.equal(commits.length, 1);
      assert.match(await show(DEPLOYMENT), new RegExp(`^ +image: ${name}@${digest} `, 'mu'));
      assert.equal(await git('diff', '--numstat', 'main^', 'main'), `1\t1\t${DEPLOYMENT}`);
    });

  it('--release: image, chart and configuration are one commit', async () => {
    const { digest } = await build('1.3.0', ['amd64', 'arm64']);
    const name = `${stack.registry}/greeter:1.3.0`;
    const what = ['--chart', 'deploy/chart', 'charts/', '--config', 'deploy/production/hello', 'config/release/'];
    const image = ['--image', 'oci:image-1.3.0', name];
    const commits = await publish(...image, ...what, '--version', '0.3.0', '--release', 'releases/shop-7');
    assert.equal(commits.length, 1);
    assert.match(await show(DEPLOYMENT), new RegExp(`^ +image: ${name}@${digest} `, 'mu'));
    const changed = (await git('diff', '--name-only', 'main^', 'main')).split('\n');
    for (const path of [DEPLOYMENT, 'charts/hello/Chart.yaml', 'apps/production/release/settings.yaml'])
      assert.ok(changed.includes(path), path);
  });

  it('--release knows the digest that an archive of docker will have in the registry', async () => {
    await build('1.4.0');
    await execute('skopeo', ['copy', 'oci:image-1.4.0', 'docker-archive:image.tar:greeter:1.4.0'], { cwd: folder });
    const name = `${stack.registry}/greeter:1.4.0`;
    const commits = await publish('--image', 'docker-archive:image.tar', name, '--release', 'releases/shop-8');
    assert.equal(commits.length, 1);
    assert.match(await show(DEPLOYMENT), new RegExp(`^ +image: ${name}@sha256:`, 'mu'));
    assert.match(
      await git('show', '--no-patch', '--format=%B', 'main'),
      /^Gitferry-Source: s3:.*shop-8\.release\.yaml/mu,
    );
  });
});
