import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { minimalImage, pushBlobs, pushImage, pushManifests } from '../../infra/local/image-push.ts';
import type { Images } from '../../shared/source/images.ts';
import { ociRegistry } from '../../shared/source/registry.ts';
import type { RegistryCredentials } from '../../shared/source/registry-pass.ts';
import { ADA, type DockerRegistry, lackingDockerRegistry, startDockerRegistry } from '../servers/docker-registry.ts';
import { lacking } from './programs.ts';

const execute = promisify(execFile);
const skip = await lackingDockerRegistry();
const withoutSkopeo = await lacking('skopeo');
const INDEX = 'application/vnd.oci.image.index.v1+json';

async function started(basic = false): Promise<DockerRegistry & AsyncDisposable> {
  const registry = (await startDockerRegistry({ basic })) as DockerRegistry;
  return { ...registry, [Symbol.asyncDispose]: () => registry.close() };
}

function reading({ host }: DockerRegistry, credentials: RegistryCredentials | null = null): Images {
  return ociRegistry({ privateRegistries: [host], credentials: async () => credentials });
}

describe('the registry of the Distribution project', { skip }, () => {
  it('tells what was pushed: a tag, a digest, an index of architectures', async () => {
    await using registry = await started();
    const at = registry.at('acme/api');
    const one = minimalImage({ version: '1.0.0' });
    const many = minimalImage({ version: '1.1.0' }, ['amd64', 'arm64']);
    await pushImage(at, one, '1.0.0');
    await pushBlobs(at, many);
    await pushManifests(at, many, '1.1.0');
    const images = reading(registry);
    const image = `${registry.host}/acme/api`;
    assert.deepEqual((await images.tags(image)).map(({ tag }) => tag).sort(), ['1.0.0', '1.1.0']);
    assert.equal((await images.resolve(image, '1.0.0'))?.digest, one.digest);
    assert.equal((await images.resolve(image, one.digest))?.digest, one.digest);
    assert.deepEqual(await images.resolve(image, '1.1.0'), { digest: many.digest, mediaType: INDEX, pushedAt: null });
    const [amd64] = many.below;
    assert.equal((await images.resolve(image, amd64?.digest ?? ''))?.digest, amd64?.digest);
  });

  it('has no tags, no manifests of what was never pushed', async () => {
    await using registry = await started();
    await pushImage(registry.at('acme/api'), minimalImage({}), '1');
    const images = reading(registry);
    assert.deepEqual(await images.tags(`${registry.host}/acme/other`), []);
    assert.equal(await images.resolve(`${registry.host}/acme/other`, '1'), null);
    assert.equal(await images.resolve(`${registry.host}/acme/api`, '2'), null);
    assert.equal(await images.resolve(`${registry.host}/acme/api`, `sha256:${'0'.repeat(64)}`), null);
  });

  it('lists more tags than a page holds, and answers many at once', async () => {
    await using registry = await started();
    const image = minimalImage({});
    await pushBlobs(registry.at('acme/api'), image);
    const tags = Array.from({ length: 1200 }, (_, at) => `1.0.${at}`);
    for (const tag of tags) await pushManifests(registry.at('acme/api'), image, tag);
    const images = reading(registry);
    const name = `${registry.host}/acme/api`;
    assert.deepEqual((await images.tags(name)).map(({ tag }) => tag).sort(), tags.sort());
    const found = await Promise.all(tags.slice(0, 50).map((tag) => images.resolve(name, tag)));
    assert.ok(found.every((manifest) => manifest?.digest === image.digest));
  });

  it('lets in with a password, and not without', async () => {
    await using registry = await started(true);
    const pushed = await pushImage(registry.at('acme/api'), minimalImage({}), '1');
    const image = `${registry.host}/acme/api`;
    assert.equal((await reading(registry, ADA).resolve(image, '1'))?.digest, pushed);
    const denied = { name: 'Stalled', reason: 'RegistryDenied' };
    await assert.rejects(reading(registry).resolve(image, '1'), denied);
    await assert.rejects(reading(registry, { ...ADA, password: 'wrong' }).tags(image), denied);
  });

  it('says the digest that skopeo says', { skip: withoutSkopeo }, async () => {
    await using registry = await started();
    const pushed = await pushImage(registry.at('acme/api'), minimalImage({}, ['amd64', 'arm64']), '1');
    const from = `docker://${registry.host}/acme/api:1`;
    await execute('skopeo', ['copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false', from, `${from}-b`]);
    const { stdout } = await execute('skopeo', ['inspect', '--tls-verify=false', '--format={{.Digest}}', `${from}-b`]);
    assert.equal(stdout.trim(), pushed);
    assert.equal((await reading(registry).resolve(`${registry.host}/acme/api`, '1-b'))?.digest, pushed);
  });
});
