import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { digestOf } from '../../functions/mirror/files/content.ts';
import { tgz } from '../artifact/tar-writer.ts';
import { deployment, revert } from '../faults/images.ts';
import { changedPaths } from '../servers/awkward-repository.ts';
import { digestOfPush, type ImageRegistry, imageRegistry } from '../servers/image-registry.ts';
import { BUCKET, CONFIG, WEBHOOK_SECRET } from '../servers/stack.ts';
import { type Flow, startFlow } from './flow.ts';

const REPOSITORY = 'shop/api';
const PATHS = ['apps/production/api.yaml', 'charts/api/Chart.yaml', 'charts/api/values.yaml', 'shop/main.yaml'];

/** What one build publishes, beside the release file. */
type Part = 'chart' | 'config' | 'image';

describe('what a build publishes together, through the whole stack', () => {
  let registry: ImageRegistry;
  let flow: Flow;
  before(async () => {
    registry = await imageRegistry();
    const rules = `${CONFIG}images:
  - { image: "${image()}", policy: { semver: "*" }, files: ["shop/*.yaml", "charts/api/values.yaml", "apps/**"] }
releases:
  - { bucket: ${BUCKET}, prefix: together/ }
`;
    flow = await startFlow(rules, { GITFERRY_PRIVATE_REGISTRIES: registry.host });
    await flow.person({ 'shop/main.yaml': deployment(`${image()}:0.9.0`) });
  });
  after(async () => {
    await flow.end();
    await registry[Symbol.asyncDispose]();
  });

  const image = (): string => `${registry.host}/${REPOSITORY}`;
  const configOf = (version: string): string => `version: ${version}\n`;
  const chartOf = (version: string): Buffer =>
    tgz(
      { name: 'api/Chart.yaml', body: `apiVersion: v2\nname: api\nversion: ${version}\n` },
      { name: 'api/values.yaml', body: `image:\n  repository: ${image()}\n  tag: 0.0.0\n` },
    );
  const releaseOf = (version: string): string => `apiVersion: gitferry.dev/v1
kind: Release
objects:
  - { key: charts/api-${version}.tgz, sha256: ${digestOf(chartOf(version)).slice(7)} }
  - { key: config/api.yaml, sha256: ${digestOf(Buffer.from(configOf(version))).slice(7)} }
images:
  - { image: "${image()}:${version}", digest: "${digestOfPush(REPOSITORY, version)}" }
`;

  /** A push, told as the registry tells it. */
  async function push(version: string): Promise<void> {
    const digest = registry.push(REPOSITORY, version);
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const target = { mediaType, digest, repository: REPOSITORY, tag: version };
    const event = { action: 'push', timestamp: '2026-01-01T00:00:00Z', target, request: { host: registry.host } };
    const answer = await fetch(`${flow.stack.receiveUrl}/distribution`, {
      method: 'POST',
      headers: { authorization: `Bearer ${WEBHOOK_SECRET}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events: [event] }),
    });
    assert.equal(answer.status, 202);
  }

  /** Publishes these parts of a version at once; answers the new commits. */
  async function publish(version: string, ...parts: readonly Part[]): Promise<string[]> {
    if (parts.includes('image')) await push(version);
    return flow.drop({
      ...(parts.includes('chart') ? { [`charts/api-${version}.tgz`]: chartOf(version) } : {}),
      ...(parts.includes('config') ? { 'config/api.yaml': configOf(version) } : {}),
    });
  }
  const announce = (version: string): Promise<string[]> =>
    flow.drop({ [`together/${version}.release.yaml`]: releaseOf(version) });

  /** That all of a version stands. */
  async function stands(version: string): Promise<void> {
    const digest = digestOfPush(REPOSITORY, version);
    assert.equal(`${await flow.read('shop/main.yaml')}\n`, deployment(`${image()}:${version}@${digest}`));
    assert.match(await flow.read('charts/api/Chart.yaml'), new RegExp(`^version: ${version}$`, 'mu'));
    assert.match(await flow.read('charts/api/values.yaml'), new RegExp(`^ {2}tag: ${version}$`, 'mu'));
    assert.equal(`${await flow.read('apps/production/api.yaml')}\n`, configOf(version));
  }

  const ORDERS: readonly (readonly Part[])[] = [
    ['chart', 'config', 'image'],
    ['image', 'config', 'chart'],
  ];
  for (const [index, order] of ORDERS.entries())
    it(`lands in one commit once the ${order.at(-1)} is there, too`, async () => {
      const version = `1.${index}.0`;
      const before = await flow.repository.git('rev-parse', 'main');
      let commits = await announce(version);
      for (const part of order) {
        assert.deepEqual(commits, [], `there was no ${part} yet`);
        commits = await publish(version, part);
      }
      assert.equal(commits.length, 1);
      assert.deepEqual(await changedPaths(flow.repository, before, 'main'), PATHS);
      await stands(version);
      assert.ok(flow.told().every((one) => one === `Landed Release ${version}`));
    });

  it('lands in one commit when all of it comes at once', async () => {
    const before = await flow.repository.git('rev-parse', 'main');
    await announce('2.0.0');
    const [commit, ...more] = await publish('2.0.0', 'image', 'config', 'chart');
    assert.deepEqual(more, []);
    assert.deepEqual(await changedPaths(flow.repository, before, commit ?? ''), PATHS);
    await stands('2.0.0');
  });

  it('brings what is left when the release file comes last', async () => {
    const alone = await publish('2.1.0', 'chart', 'config');
    assert.equal(alone.length, 2);
    registry.push(REPOSITORY, '2.1.0');
    const commits = await announce('2.1.0');
    assert.equal(commits.length, 1);
    assert.deepEqual(await changedPaths(flow.repository, `${commits[0]}~1`, commits[0] ?? ''), [
      'charts/api/values.yaml',
      'shop/main.yaml',
    ]);
    await stands('2.1.0');
  });

  it('goes by one git revert, and nothing of it returns: not by events, not by uploads, not by the sweep', async () => {
    await announce('3.0.0');
    await publish('3.0.0', 'chart', 'config', 'image');
    const reverted = await revert(flow.repository);
    assert.deepEqual(await flow.drop({}), [reverted]);
    assert.deepEqual(await publish('3.0.0', 'image', 'chart', 'config'), []);
    assert.deepEqual(await announce('3.0.0'), []);
    await flow.stack.runSchedules();
    assert.deepEqual(await flow.drop({}), []);
    await stands('2.1.0');
    await announce('3.0.1');
    assert.equal((await publish('3.0.1', 'image', 'config', 'chart')).length, 1);
    await stands('3.0.1');
  });
});
