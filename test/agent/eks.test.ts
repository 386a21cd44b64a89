import assert from 'node:assert/strict';
import type { RequestOptions } from 'node:https';
import { test } from 'node:test';
import { EKSClient } from '@aws-sdk/client-eks';
import { eksKubeConfig, eksToken } from '../../shared/agent/eks.ts';
import { failure } from '../source/fixture.ts';
import { startEks } from './eks-server.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: SECRET, sessionToken: 'session/token+=' };

function client(more: object = {}): EKSClient {
  return new EKSClient({ region: 'eu-west-1', credentials, maxAttempts: 1, ...more });
}

const NOON = Date.UTC(2026, 0, 2, 12);

function decoded(token: string): URL {
  assert.match(token, /^k8s-aws-v1\.[\w-]+$/u, 'base64url without padding');
  return new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString('utf8'));
}

test('the token is a signed question to STS who asks, for this cluster alone', async () => {
  const url = decoded(await eksToken(client(), 'prod', () => NOON)());
  assert.equal(url.origin + url.pathname, 'https://sts.eu-west-1.amazonaws.com/');
  const { 'X-Amz-Signature': signature, ...query } = Object.fromEntries(url.searchParams);
  assert.deepEqual(query, {
    Action: 'GetCallerIdentity',
    Version: '2011-06-15',
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20260102/eu-west-1/sts/aws4_request',
    'X-Amz-Date': '20260102T120000Z',
    'X-Amz-Expires': '60',
    'X-Amz-Security-Token': 'session/token+=',
    'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
  });
  assert.match(signature ?? '', /^[0-9a-f]{64}$/u);
  assert.ok(!url.href.includes(SECRET));
});

test('another cluster, and another time, are signed differently', async () => {
  const signature = async (name: string, at: number) =>
    decoded(await eksToken(client(), name, () => at)()).searchParams.get('X-Amz-Signature');
  assert.notEqual(await signature('prod', NOON), await signature('test', NOON));
  assert.notEqual(await signature('prod', NOON), await signature('prod', NOON + 60_000));
  assert.equal(await signature('prod', NOON), await signature('prod', NOON));
});

test('a token is made anew before it ends, and not before', async () => {
  let now = NOON;
  const token = eksToken(client(), 'prod', () => now);
  const first = await token();
  now += 49_000;
  assert.equal(await token(), first);
  now += 2000;
  assert.notEqual(await token(), first);
});

test('in China STS has another name', async () => {
  const url = decoded(await eksToken(client({ region: 'cn-north-1' }), 'prod', () => NOON)());
  assert.equal(url.host, 'sts.cn-north-1.amazonaws.com.cn');
});

test('the address and the authority are those that EKS tells', async () => {
  await using eks = await startEks(200, {
    cluster: { endpoint: 'https://abc.gr7.eu-west-1.eks.amazonaws.com', certificateAuthority: { data: 'Q0E=' } },
  });
  const config = await eksKubeConfig(client({ endpoint: eks.url }), 'prod', () => NOON);
  assert.deepEqual(eks.asked, ['GET /clusters/prod']);
  const { server, caData, skipTLSVerify } = config.getCurrentCluster() ?? {};
  assert.deepEqual([server, caData, skipTLSVerify], ['https://abc.gr7.eu-west-1.eks.amazonaws.com', 'Q0E=', false]);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { Authorization } = options.headers as Record<string, string>;
  assert.match(Authorization ?? '', /^Bearer k8s-aws-v1\./u);
});

for (const [status, type, name, reason] of [
  [404, 'ResourceNotFoundException', 'Stalled', 'EksClusterUnreadable'],
  [403, 'AccessDeniedException', 'Stalled', 'EksClusterUnreadable'],
  [429, 'TooManyRequestsException', 'Retryable', 'EksUnavailable'],
  [400, 'ThrottlingException', 'Retryable', 'EksUnavailable'],
  [500, 'ServerException', 'Retryable', 'EksUnavailable'],
  [200, '', 'Retryable', 'EksUnavailable'],
] as const)
  test(`EKS that answers ${status} ${type} is ${reason}`, async () => {
    await using eks = await startEks(status, { cluster: { status: 'CREATING' }, message: 'x' }, type);
    const error = await failure(
      eksKubeConfig(client({ endpoint: eks.url }), 'prod', () => NOON),
      [SECRET],
    );
    assert.deepEqual([error.name, error.reason], [name, reason]);
  });

test('a role without credentials is told, without them', async () => {
  await using eks = await startEks(200, {
    cluster: { endpoint: 'https://x.example', certificateAuthority: { data: 'Q0E=' } },
  });
  let has = true;
  const provider = async () => {
    if (!has) throw new Error(`no credentials ${SECRET}`);
    return { ...credentials, expiration: new Date(0) };
  };
  const config = await eksKubeConfig(client({ endpoint: eks.url, credentials: provider }), 'prod', () => NOON);
  has = false;
  const { name, reason, message, hint, facts } = await failure(config.applyToHTTPSOptions({}));
  assert.deepEqual([name, reason], ['Retryable', 'EksUnavailable']);
  assert.ok(!JSON.stringify([message, hint, facts]).includes(SECRET), message);
});
