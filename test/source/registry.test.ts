import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { minimalImage } from '../../infra/local/image-push.ts';
import { type Canned, fakeRegistry } from '../servers/fake-registry.ts';
import { client, failure, MANIFEST, served } from './fixture.ts';

const PAGE = { headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>Please log in</html>' };
const INDEX = minimalImage({}, ['amd64', 'arm64']);
const json = (value: unknown): string => JSON.stringify(value);

async function resolved(answer: Canned | null, asked = '1.0.0'): Promise<unknown> {
  await using registry = await fakeRegistry(() => answer);
  const { images, image } = client([registry]);
  return await images.resolve(image, asked);
}

describe('what a tag or a digest points to', () => {
  it('is the digest of the bytes, asked for in every form that there is', async () => {
    await using registry = await fakeRegistry(() => served);
    const { images, image } = client([registry]);
    const found = { digest: MANIFEST.digest, mediaType: MANIFEST.top.mediaType, pushedAt: null };
    assert.deepEqual(await images.resolve(image, '1.0.0'), found);
    assert.deepEqual(await images.resolve(image, MANIFEST.digest), found);
    const [first, second] = registry.asked;
    assert.equal(first?.path, '/v2/acme/api/manifests/1.0.0');
    assert.equal(second?.path, `/v2/acme/api/manifests/${MANIFEST.digest}`);
    for (const type of [INDEX.top.mediaType, 'docker.distribution.manifest.list.v2', 'distribution.manifest.v2'])
      assert.match(first?.headers.accept ?? '', new RegExp(type.replaceAll('.', '\\.').replaceAll('+', '\\+'), 'u'));
    assert.equal(registry.connections, 1, 'the connection is kept');
  });

  it('is the whole of an image for several architectures', async () => {
    const answer = { headers: { 'content-type': INDEX.top.mediaType }, body: INDEX.top.bytes };
    const { digest, mediaType } = INDEX.top;
    assert.deepEqual(await resolved(answer), { digest, mediaType, pushedAt: null });
  });

  it('is read though it comes compressed, or without a type', async () => {
    const zipped = { 'content-encoding': 'gzip', 'docker-content-digest': MANIFEST.digest };
    const { digest, mediaType, bytes } = MANIFEST.top;
    const found = { digest, mediaType, pushedAt: null };
    assert.deepEqual(await resolved({ headers: zipped, body: gzipSync(bytes) }), found);
    assert.deepEqual(await resolved({ headers: { 'content-type': 'application/json' }, body: bytes }), found);
  });

  it('is nothing where there is none, or for what can be neither', async () => {
    const body = json({ errors: [{ code: 'MANIFEST_UNKNOWN' }] });
    assert.equal(await resolved({ status: 404, headers: { 'content-type': 'application/json' }, body }), null);
    for (const asked of ['', '../../secret', 'a/b', 'a?b', `sha256:${'A'.repeat(64)}`, 'x'.repeat(129)])
      assert.equal(await resolved(served, asked), null, asked);
  });

  const wrong = { name: 'Rejected', reason: 'ManifestDigestWrong' };
  it('is rejected when it is not what was asked for, or what the registry says', async () => {
    const other = `sha256:${'0'.repeat(64)}`;
    const headers = { ...served.headers, 'docker-content-digest': other };
    await assert.rejects(resolved({ ...served, headers }), wrong);
    await assert.rejects(resolved({ ...served, headers }, other), wrong);
    await assert.rejects(resolved({ ...served, headers }, MANIFEST.digest), wrong);
    await assert.rejects(resolved(served, other), wrong);
    await assert.rejects(resolved({ ...served, body: Buffer.concat([MANIFEST.top.bytes, Buffer.from(' ')]) }), wrong);
  });

  const type = MANIFEST.top.mediaType;
  const VALID = JSON.parse(MANIFEST.top.bytes.toString());
  const nonsense: readonly (readonly [string, Canned])[] = [
    ['no JSON', { body: 'manifest' }],
    ['nothing', { body: '' }],
    ['another text encoding', { body: Buffer.from(json({ ...VALID, note: 'caf\u00e9' }), 'latin1') }],
    ['a list', { body: '[]' }],
    ['deep nesting', { body: '['.repeat(100_000) }],
    ['the first version of manifests', { body: json({ schemaVersion: 1, name: 'api', fsLayers: [] }) }],
    ['no layers', { body: json({ schemaVersion: 2, config: {} }) }],
    ['an index that says it is a manifest', { body: json({ schemaVersion: 2, mediaType: type, manifests: [] }) }],
    ['another type than its header', { headers: { 'content-type': INDEX.top.mediaType }, body: MANIFEST.top.bytes }],
    ['a size beyond all use', { headers: { 'content-type': type }, body: Buffer.alloc(4 * 2 ** 20 + 1, ' ') }],
    ['a bomb', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(2 ** 28)) }],
  ];
  for (const [what, answer] of nonsense)
    it(`is rejected as ${what}`, async () => {
      await assert.rejects(resolved(answer), { name: 'Rejected', reason: 'ManifestInvalid' });
    });
});

describe('a look at a tag', () => {
  it('takes the registry’s word, without what stands behind it', async () => {
    await using registry = await fakeRegistry(() => served);
    const { images, image } = client([registry]);
    assert.equal(await images.peek(image, '1'), MANIFEST.digest);
    assert.equal(await images.peek(image, 'no tag'), null);
    assert.deepEqual(
      registry.asked.map(({ method }) => method),
      ['HEAD'],
    );
  });

  it('looks closer when the registry tells no digest', async () => {
    for (const told of [{}, { 'docker-content-digest': 'sha512:00' }]) {
      const headers = { 'content-type': MANIFEST.top.mediaType };
      await using registry = await fakeRegistry(({ method }) => ({
        headers: method === 'HEAD' ? { ...headers, ...told } : headers,
        body: MANIFEST.top.bytes,
      }));
      const { images, image } = client([registry]);
      assert.equal(await images.peek(image, '1'), MANIFEST.digest);
    }
  });

  it('is nothing where there is none, and fails as all else does', async () => {
    await using registry = await fakeRegistry(({ path }) => ({ status: path.endsWith('/1') ? 404 : 503 }));
    const { images, image } = client([registry]);
    assert.equal(await images.peek(image, '1'), null);
    await assert.rejects(images.peek(image, '2'), { name: 'Retryable', reason: 'RegistryUnavailable' });
  });
});

const inOneMinute = new Date(Date.now() + 60_000).toUTCString();
const unavailable = { name: 'Retryable', reason: 'RegistryUnavailable' };
const faults: readonly (readonly [string, Canned | null, object])[] = [
  ['429', { status: 429, headers: { 'retry-after': '7' } }, { ...unavailable, retryAfter: 7 }],
  ['403 that asks to wait', { status: 403, headers: { 'retry-after': '9' } }, { ...unavailable, retryAfter: 9 }],
  ['500', { status: 500 }, { ...unavailable, retryAfter: undefined }],
  ['503 with a page', { status: 503, ...PAGE }, unavailable],
  ['a reset', null, unavailable],
  ['half an answer', { ...served, cut: true }, unavailable],
  ['401 without a challenge', { status: 401 }, { name: 'Stalled', reason: 'RegistryDenied' }],
  ['403', { status: 403 }, { name: 'Stalled', reason: 'RegistryDenied' }],
  ['a log-in page', PAGE, { name: 'Stalled', reason: 'NotARegistry' }],
  ['a page that is missing', { status: 404, ...PAGE }, { name: 'Stalled', reason: 'NotARegistry' }],
  ['418', { status: 418 }, { name: 'Stalled', reason: 'RegistryAnswerUnexpected' }],
  ['204', { status: 204 }, { name: 'Stalled', reason: 'RegistryAnswerUnexpected' }],
];
for (const [what, answer, expected] of faults)
  it(`classifies ${what}`, () => assert.rejects(resolved(answer), expected));

it('waits until a date when it is asked to', async () => {
  const error = await failure(resolved({ status: 429, headers: { 'retry-after': inOneMinute } }));
  const { retryAfter = 0 } = error as { retryAfter?: number };
  assert.ok(retryAfter > 50 && retryAfter <= 61, String(retryAfter));
});

it('names the host and what to set when it is not let in', async () => {
  const { message, hint } = await failure(resolved({ status: 403 }));
  assert.match(message, /^127\.0\.0\.1:\d+ does not let gitferry read 127/u);
  assert.match(hint, /GITFERRY_REGISTRY_SECRET/u);
});

it('asks once more when a kept connection has died', async () => {
  let died = false;
  await using registry = await fakeRegistry(() => {
    const answer = died ? served : null;
    died = true;
    return answer;
  });
  const { images, image } = client([registry]);
  assert.equal((await images.resolve(image, '1'))?.digest, MANIFEST.digest);
});

it('takes no more time than is left, however the answer trickles', async () => {
  await using registry = await fakeRegistry(() => ({ trickle: 20 }));
  const { images, image } = client([registry], { remaining: () => 200 });
  const began = performance.now();
  await assert.rejects(images.resolve(image, '1'), unavailable);
  await assert.rejects(images.tags(image), unavailable);
  assert.ok(performance.now() - began < 5000);
  const late = client([registry], { remaining: () => 0 });
  await assert.rejects(late.images.resolve(image, '1'), unavailable);
  assert.equal(registry.asked.length, 2, 'nothing is asked when no time is left');
});

it('answers many at once', async () => {
  await using registry = await fakeRegistry(() => served);
  const { images, image } = client([registry]);
  const found = await Promise.all(Array.from({ length: 40 }, (_, at) => images.resolve(image, `1.${at}`)));
  assert.ok(found.every((manifest) => manifest?.digest === MANIFEST.digest));
});
