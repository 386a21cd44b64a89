import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { it } from 'node:test';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ecrImages } from '../../shared/source/ecr.ts';
import { arnOf, ecrPlace } from '../../shared/source/ecr-name.ts';
import { type Images, imagesBy } from '../../shared/source/images.ts';
import { failure } from './fixture.ts';

const ACCOUNT = '123456789012';
const IMAGE = `${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/shop/api`;
const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const PUSHED = '2026-01-02T03:04:05.000Z';
const INDEX = 'application/vnd.oci.image.index.v1+json';

interface Call {
  readonly action: string;
  readonly input: Record<string, unknown>;
}
/** Null: no answer ever. */
type Answer = (call: Call) => { readonly status?: number; readonly body: object } | null;

interface Ecr extends AsyncDisposable {
  readonly images: Images;
  readonly calls: readonly Call[];
  /** For which regions a client was made. */
  readonly regions: readonly string[];
}

/** ECR's protocol (AWS JSON 1.1) on this machine. The shapes are those of docs.aws.amazon.com/AmazonECR/latest/APIReference. */
async function ecr(answer: Answer, remaining?: () => number): Promise<Ecr> {
  const calls: Call[] = [];
  const server: Server = createServer(async (request, response) => {
    const action = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const call = { action, input: JSON.parse(await text(request)) };
    calls.push(call);
    const answered = answer(call);
    if (answered === null) return;
    const { status = 200, body } = answered;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const regions: string[] = [];
  const credentials = { accessKeyId: 'local', secretAccessKey: 'the-secret-key' };
  const images = ecrImages((region, fips) => {
    regions.push(fips ? `${region} fips` : region);
    return new ECRClient({ region, endpoint, credentials, maxAttempts: 1 });
  }, remaining);
  return {
    images,
    calls,
    regions,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function detail(imageTags: readonly string[] | undefined, imageDigest = DIGEST): object {
  const imagePushedAt = Date.parse(PUSHED) / 1000;
  return { registryId: ACCOUNT, imageDigest, imageTags, imagePushedAt, imageManifestMediaType: INDEX };
}

function fault(__type: string, status = 400): { status: number; body: object } {
  return { status, body: { __type, message: 'the words of AWS' } };
}

it('lists the tags of all pages, with digests and when they were pushed', async () => {
  await using registry = await ecr(({ input }) =>
    input.nextToken === undefined
      ? { body: { imageDetails: [detail(['1.0.0', 'latest']), detail(undefined)], nextToken: 'more' } }
      : { body: { imageDetails: [detail(['1.1.0', '-odd'], OTHER)] } },
  );
  assert.deepEqual(await registry.images.tags(IMAGE), [
    { tag: '1.0.0', digest: DIGEST, pushedAt: PUSHED },
    { tag: 'latest', digest: DIGEST, pushedAt: PUSHED },
    { tag: '1.1.0', digest: OTHER, pushedAt: PUSHED },
  ]);
  const asked = {
    ...{ registryId: ACCOUNT, repositoryName: 'shop/api', filter: { tagStatus: 'TAGGED' }, maxResults: 1000 },
  };
  assert.deepEqual(registry.calls, [
    { action: 'DescribeImages', input: asked },
    { action: 'DescribeImages', input: { ...asked, nextToken: 'more' } },
  ]);
});

it('ends when it is told the same page again', async () => {
  await using registry = await ecr(() => ({ body: { imageDetails: [detail(['1'])], nextToken: 'again' } }));
  await registry.images.tags(IMAGE);
  assert.equal(registry.calls.length, 2);
});

it('rejects more tags than can be read', async () => {
  const tags = Array.from({ length: 60_000 }, (_, at) => `1.${at}`);
  let page = 0;
  await using registry = await ecr(() => {
    page += 1;
    return { body: { imageDetails: [detail(tags)], nextToken: `after-${page}` } };
  });
  await assert.rejects(registry.images.tags(IMAGE), { name: 'Rejected', reason: 'TagsTooMany' });
  assert.equal(registry.calls.length, 2);
});

it('tells what a tag or a digest points to', async () => {
  await using registry = await ecr(() => ({ body: { imageDetails: [detail(['1.0.0'])] } }));
  const found = { digest: DIGEST, mediaType: INDEX, pushedAt: PUSHED };
  assert.deepEqual(await registry.images.resolve(IMAGE, '1.0.0'), found);
  assert.deepEqual(await registry.images.resolve(IMAGE, DIGEST), found);
  assert.deepEqual(
    registry.calls.map(({ input }) => input.imageIds),
    [[{ imageTag: '1.0.0' }], [{ imageDigest: DIGEST }]],
  );
  await assert.rejects(registry.images.resolve(IMAGE, OTHER), { name: 'Rejected', reason: 'ManifestInvalid' });
  assert.equal(await registry.images.resolve(IMAGE, 'no tag'), null);
  assert.equal(await registry.images.peek(IMAGE, '1.0.0'), DIGEST);
});

it('has nothing of a repository or an image that is not there', async () => {
  for (const type of ['RepositoryNotFoundException', 'ImageNotFoundException']) {
    await using registry = await ecr(() => fault(type));
    assert.deepEqual(await registry.images.tags(IMAGE), []);
    assert.equal(await registry.images.resolve(IMAGE, '1'), null);
  }
  await using empty = await ecr(() => ({ body: { imageDetails: [] } }));
  assert.equal(await empty.images.resolve(IMAGE, '1'), null);
});

it('says which action on what is missing when it is denied', async () => {
  for (const type of ['AccessDeniedException', 'UnrecognizedClientException', 'ExpiredTokenException']) {
    await using registry = await ecr(() => fault(type));
    for (const asked of [registry.images.tags(IMAGE), registry.images.resolve(IMAGE, '1')]) {
      const error = await failure(asked, ['the-secret-key']);
      assert.deepEqual([error.name, error.reason], ['Stalled', 'RegistryDenied']);
      assert.match(error.hint, /ecr:DescribeImages on arn:aws:ecr:eu-west-1:123456789012:repository\/shop\/api /u);
    }
  }
});

const faults = [
  [fault('ThrottlingException'), 'Retryable', 'RegistryUnavailable'],
  [fault('LimitExceededException'), 'Retryable', 'RegistryUnavailable'],
  [fault('ServerException', 500), 'Retryable', 'RegistryUnavailable'],
  [fault('ServiceUnavailable', 503), 'Retryable', 'RegistryUnavailable'],
  [fault('InvalidParameterException'), 'Stalled', 'RegistryAnswerUnexpected'],
] as const;
for (const [answer, name, reason] of faults)
  it(`classifies ${JSON.stringify(answer.body)}`, async () => {
    await using registry = await ecr(() => answer);
    await assert.rejects(registry.images.tags(IMAGE), { name, reason });
    await assert.rejects(registry.images.resolve(IMAGE, '1'), { name, reason });
  });

it('takes no more time than is left', async () => {
  await using registry = await ecr(
    () => null,
    () => 100,
  );
  const unavailable = { name: 'Retryable', reason: 'RegistryUnavailable' };
  await assert.rejects(registry.images.tags(IMAGE), unavailable);
  await assert.rejects(registry.images.resolve(IMAGE, '1'), unavailable);
});

it('asks each region by one client, and the account that the name has', async () => {
  await using registry = await ecr(() => ({ body: { imageDetails: [] } }));
  const hosts = [
    '111111111111.dkr.ecr.us-east-1',
    '222222222222.dkr.ecr.us-east-1',
    '111111111111.dkr.ecr-fips.us-east-1',
  ];
  for (const host of hosts) await registry.images.tags(`${host}.amazonaws.com/api`);
  assert.deepEqual(registry.regions, ['us-east-1', 'us-east-1 fips']);
  assert.deepEqual(
    registry.calls.map(({ input }) => input.registryId),
    ['111111111111', '222222222222', '111111111111'],
  );
});

const names: readonly (readonly [string, string | null])[] = [
  [IMAGE, `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/shop/api`],
  [`${ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn/api`, `arn:aws-cn:ecr:cn-north-1:${ACCOUNT}:repository/api`],
  [`${ACCOUNT}.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a`, `arn:aws-us-gov:ecr:us-gov-west-1:${ACCOUNT}:repository/a`],
  [`${ACCOUNT}.dkr-ecr.eu-west-1.on.aws/api`, `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/api`],
  ['public.ecr.aws/nginx/nginx', null],
  ['docker.io/library/nginx', null],
  [`12345678901.dkr.ecr.eu-west-1.amazonaws.com/api`, null],
  [`${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com.evil.example/api`, null],
  [`evil.example/${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/api`, null],
  [`${ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com:5000/api`, null],
];
it('knows images of ECR by their names, and sends all others to the registry', async () => {
  const named = (what: string): Images => ({
    tags: async () => [{ tag: what, digest: null, pushedAt: null }],
    resolve: async () => ({ digest: what, mediaType: '', pushedAt: null }),
    peek: async () => what,
  });
  const images = imagesBy(named('ecr'), named('registry'));
  for (const [image, arn] of names) {
    const place = ecrPlace(image);
    assert.equal(place && arnOf(place), arn, image);
    const expected = arn === null ? 'registry' : 'ecr';
    assert.equal((await images.tags(image))[0]?.tag, expected, image);
    assert.equal((await images.resolve(image, '1'))?.digest, expected, image);
    assert.equal(await images.peek(image, '1'), expected, image);
    assert.equal(await images.peek(image, '1'), expected, image);
  }
});
