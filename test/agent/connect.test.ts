import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { Cluster, ObjectRef } from '../../shared/agent/cluster.ts';
import { type ConnectOptions, connectCluster } from '../../shared/agent/connect.ts';
import { failure } from '../source/fixture.ts';
import { type Answering, type ApiServer, json, refusal, startApiServer, TOKEN } from './api-server.ts';
import { gitRepository } from './objects.ts';

const MAIN: ObjectRef = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  namespace: 'flux-system',
  name: 'main',
};

/** Runs against a server that answers so. */
async function at<T>(
  answer: Answering,
  run: (cluster: Cluster, server: ApiServer) => Promise<T>,
  options: ConnectOptions = {},
): Promise<T> {
  await using server = await startApiServer(answer);
  return await run(connectCluster(server.config(), 'prod', options), server);
}

const always = (status: number, body: unknown, headers: Record<string, string> = {}): Answering => {
  return (_, response) => json(response, body, status, headers);
};

test('an object is asked for by its address, with the token of the kubeconfig', async () => {
  await at(always(200, { ...gitRepository('main'), data: { kept: 'yes' } }), async (cluster, { asked }) => {
    const object = await cluster.get(MAIN);
    assert.equal(object?.metadata.name, 'main');
    assert.deepEqual((object as unknown as { data: unknown }).data, { kept: 'yes' });
    assert.equal(
      asked[0]?.url.pathname,
      '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/main',
    );
    assert.equal(asked[0]?.headers.authorization, `Bearer ${TOKEN}`);
  });
});

test('names lead nowhere else', async () => {
  await at(always(200, gitRepository('main')), async (cluster, { asked }) => {
    await cluster.get({ ...MAIN, namespace: '../../../../api/v1', name: 'a/b?c' });
    assert.equal(asked[0]?.url.pathname.split('/').length, 8);
    for (const name of ['', '.', '..']) assert.equal(await cluster.get({ ...MAIN, name }), null);
    for (const apiVersion of ['../v1', 'v1/../..', 'a b/v1', ''])
      assert.deepEqual(await cluster.list(apiVersion, 'Pod'), []);
    assert.equal(asked.length, 1);
  });
});

test('a list is asked for by pages, each entry is what was asked for, and what is none is left out', async () => {
  const answer: Answering = ({ url }, response) => {
    const next = url.searchParams.get('continue');
    if (next === null)
      json(response, { metadata: { continue: 'two' }, items: [{ metadata: { name: 'a' } }, 7, null, {}] });
    else json(response, { metadata: {}, items: [{ metadata: { name: 'b', labels: { good: 'yes', bad: 1 } } }] });
  };
  await at(answer, async (cluster, { asked }) => {
    const pods = await cluster.list('v1', 'Pod', { namespace: 'x', labels: 'app=a,tier in (b)' });
    assert.deepEqual(
      pods.map(({ kind, metadata }) => [kind, metadata.name, metadata.labels]),
      [
        ['Pod', 'a', {}],
        ['Pod', 'b', { good: 'yes' }],
      ],
    );
    assert.equal(asked[0]?.url.pathname, '/api/v1/namespaces/x/pods');
    assert.equal(asked[0]?.url.searchParams.get('limit'), '500');
    assert.deepEqual(
      asked.map(({ url }) => url.searchParams.get('labelSelector')),
      ['app=a,tier in (b)', 'app=a,tier in (b)'],
    );
  });
});

test('a list whose pages the server forgot starts once more, and not for ever', async () => {
  let times = 0;
  const forgetful = (forgets: number): Answering => {
    return ({ url }, response) => {
      if (url.searchParams.get('continue') === null) {
        times += 1;
        json(response, { metadata: { continue: 'x' }, items: [{ metadata: { name: 'a' } }] });
      } else if (times <= forgets) json(response, refusal('too old', 'Expired', 410), 410);
      else json(response, { metadata: {}, items: [{ metadata: { name: 'b' } }] });
    };
  };
  assert.equal((await at(forgetful(1), (cluster) => cluster.list('v1', 'Pod'))).length, 2);
  times = 0;
  const error = await failure(at(forgetful(9), (cluster) => cluster.list('v1', 'Pod')));
  assert.deepEqual([error.reason, times], ['ClusterBusy', 2]);
});

test('a kind that is not served is none', async () => {
  await at(
    always(404, refusal('the server could not find the requested resource', 'NotFound', 404)),
    async (cluster) => {
      assert.deepEqual(await cluster.list('flagger.app/v1beta1', 'Canary'), []);
      assert.equal(await cluster.get(MAIN), null);
      assert.equal(await cluster.get({ ...MAIN, kind: 'Unheard' }), null);
    },
  );
});

test('a kind that is not known is found by asking once', async () => {
  const answer: Answering = ({ url }, response) => {
    if (url.pathname !== '/apis/batch/v1') return json(response, { metadata: { name: 'x' } });
    return json(response, {
      resources: [
        { name: 'jobs/status', kind: 'Job', namespaced: true },
        { name: 'jobs', kind: 'Job', namespaced: true },
        { name: '../evil', kind: 'Evil', namespaced: false },
        'nonsense',
      ],
    });
  };
  await at(answer, async (cluster, { asked }) => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', namespace: 'a', name: 'x' };
    await cluster.get(job);
    await cluster.get(job);
    assert.equal(await cluster.get({ ...job, kind: 'Evil' }), null);
    const paths = asked.map(({ url }) => url.pathname);
    assert.deepEqual(paths, [
      '/apis/batch/v1',
      '/apis/batch/v1/namespaces/a/jobs/x',
      '/apis/batch/v1/namespaces/a/jobs/x',
    ]);
  });
});

test('annotations are set against one version of the object', async () => {
  const object = gitRepository('main', {}, { metadata: { resourceVersion: '42' } });
  await at(always(200, object), async (cluster, { asked }) => {
    assert.equal(await cluster.annotate(object, { key: 'value' }), true);
    assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), {
      metadata: { resourceVersion: '42', annotations: { key: 'value' } },
    });
    assert.equal(asked[0]?.headers['content-type'], 'application/merge-patch+json');
  });
  for (const status of [404, 409])
    assert.equal(await at(always(status, {}), (cluster) => cluster.annotate(object, { key: 'value' })), false);
});

const FORBIDDEN =
  'gitrepositories.source.toolkit.fluxcd.io "main" is forbidden: User "arn:aws:sts::1:assumed-role/nudge/x" cannot patch resource "gitrepositories" in API group "source.toolkit.fluxcd.io" in the namespace "flux-system"';

for (const [status, body, name, reason, message] of [
  [401, refusal('Unauthorized', 'Unauthorized', 401), 'Stalled', 'ClusterUnauthorized', /^prod does not know/u],
  [
    403,
    refusal(FORBIDDEN, 'Forbidden', 403),
    'Stalled',
    'ClusterForbidden',
    /^prod does not let arn:aws:sts::1:assumed-role\/nudge\/x patch gitrepositories\.source\.toolkit\.fluxcd\.io in the namespace flux-system\.$/u,
  ],
  [
    403,
    refusal('no, thanks\n\u001b[31m', 'Forbidden', 403),
    'Stalled',
    'ClusterForbidden',
    /no, thanks\\u\{a\}\\u\{1b\}\[31m/u,
  ],
  [403, 'nothing said', 'Stalled', 'ClusterForbidden', /does not let gitferry get the GitRepository\.$/u],
  [409, refusal('conflict', 'Conflict', 409), 'Retryable', 'ClusterBusy', /status 409/u],
  [410, refusal('gone', 'Gone', 410), 'Retryable', 'ClusterBusy', /status 410/u],
  [422, refusal('denied by policy', 'Invalid', 422), 'Stalled', 'ClusterRefused', /denied by policy/u],
  [429, refusal('slow down', 'TooManyRequests', 429), 'Retryable', 'ClusterBusy', /left alone/u],
  [500, refusal('etcd is gone', 'InternalError', 500), 'Retryable', 'ClusterBusy', /etcd is gone/u],
  [503, '<html>', 'Retryable', 'ClusterBusy', /status 503\.$/u],
  [302, '', 'Stalled', 'ClusterAnswerUnexpected', /redirect/u],
  [400, '<html>', 'Stalled', 'ClusterAnswerUnexpected', /status 400/u],
  [200, ['no object'], 'Stalled', 'ClusterAnswerUnexpected', /no object/u],
] as const)
  test(`${status} ${JSON.stringify(body).slice(0, 60)} is ${reason}`, async () => {
    const answer = always(status, body, status === 302 ? { location: 'https://127.0.0.1:1/' } : {});
    const error = await failure(
      at(answer, (cluster) => cluster.get(MAIN)),
      [TOKEN],
    );
    assert.deepEqual([error.name, error.reason], [name, reason]);
    assert.match(error.message, message);
    assert.notEqual(error.hint, '');
  });

test('a server that asks for time says how much', async () => {
  const error = await failure(at(always(429, {}, { 'retry-after': '7' }), (cluster) => cluster.list('v1', 'Pod')));
  assert.equal((error as { retryAfter?: number }).retryAfter, 7);
});

const html: Answering = (_, response) => response.end('<html>log in</html>');
const silent: Answering = () => {};
const reset: Answering = (_, response) => response.destroy();
const endless: Answering = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  pour(response);
};
const manyPages: Answering = (_, response) => {
  json(response, { metadata: { continue: 'more' }, items: [{ metadata: { name: 'a'.repeat(900) } }] });
};

function pour(response: ServerResponse): void {
  while (!response.destroyed && response.write(' '.repeat(65_536)));
  if (!response.destroyed) response.once('drain', () => pour(response));
}

for (const [what, answer, reason, options] of [
  ['something that is no JSON', html, 'ClusterAnswerUnexpected', {}],
  ['nothing', silent, 'ClusterUnreachable', { patience: 50 }],
  ['a reset connection', reset, 'ClusterUnreachable', {}],
  ['a body without an end', endless, 'ClusterAnswerTooLarge', { largest: 1_000_000 }],
  ['pages without an end', manyPages, 'ClusterAnswerTooLarge', { largest: 100_000 }],
] as const)
  test(`${what} instead of a list is ${reason}`, async () => {
    const error = await failure(
      at(answer, (cluster) => cluster.list('v1', 'Pod'), options),
      [TOKEN],
    );
    assert.equal(error.reason, reason);
  });

test('pages are counted together', async () => {
  await at(
    manyPages,
    async (cluster, { asked }) => {
      await failure(cluster.list('v1', 'Pod'));
      assert.ok(asked.length < 120, `${asked.length} pages of a thousand bytes were read`);
    },
    { largest: 100_000 },
  );
});

test('a server that nobody can find is unreachable', async () => {
  await using server = await startApiServer(silent);
  const cluster = connectCluster(server.config({ server: 'https://nowhere.invalid' }), 'prod');
  assert.equal((await failure(cluster.get(MAIN))).reason, 'ClusterUnreachable');
});

test('a certificate of another authority is refused, and the token is not sent', async () => {
  await using server = await startApiServer(always(200, gitRepository('main')));
  const caData = Buffer.from('').toString('base64');
  const error = await failure(connectCluster(server.config({ caData }), 'prod').get(MAIN));
  assert.deepEqual([error.name, error.reason], ['Stalled', 'CertificateRefused']);
  assert.equal(server.asked.length, 0);
});

test('certificates go unchecked on this machine alone, and nothing goes without TLS', async () => {
  await using server = await startApiServer(always(200, gitRepository('main')));
  const loose = server.config({ skipTLSVerify: true, caData: '' });
  assert.equal((await connectCluster(loose, 'prod').get(MAIN))?.metadata.name, 'main');
  for (const [address, skipTLSVerify] of [
    ['https://prod.example', true],
    ['https://127.0.0.1.example', true],
    ['http://127.0.0.1:8001', false],
    ['https://user:pass@prod.example', false],
    ['', false],
  ] as const)
    assert.throws(() => connectCluster(server.config({ server: address, skipTLSVerify }), 'prod'), {
      reason: 'KubeConfigUnusable',
    });
});

test('a dry run says so, and sends what is to be applied alone', async () => {
  const object = gitRepository(
    'main',
    {},
    {
      metadata: { resourceVersion: '1', uid: 'u', managedFields: [{}], labels: { a: 'b' } },
      status: { ready: true },
    },
  );
  await at(always(200, object), async (cluster, { asked }) => {
    await cluster.dryRun(object, 'kustomize-controller');
    const [{ url, body, headers } = assert.fail()] = asked;
    assert.deepEqual(Object.fromEntries(url.searchParams), {
      dryRun: 'All',
      force: 'true',
      fieldManager: 'kustomize-controller',
    });
    assert.equal(headers['content-type'], 'application/apply-patch+yaml');
    const { metadata, status } = JSON.parse(body);
    assert.deepEqual(metadata, { name: 'main', namespace: 'flux-system', labels: { a: 'b' } });
    assert.equal(status, undefined);
  });
});

for (const [status, message, reason] of [
  [422, 'spec.replicas: Invalid value', 'ApplyRefused'],
  [403, 'admission webhook "x" denied the request', 'ApplyRefused'],
  [500, 'failed to create typed patch object (a/b; v1, Kind=C): .spec: expected map', 'ApplyRefused'],
  [500, 'etcd is gone', 'ClusterBusy'],
  [403, FORBIDDEN, 'ClusterForbidden'],
] as const)
  test(`a dry run that is answered by ${status} (${message.slice(0, 30)}) is ${reason}`, async () => {
    const answer = always(status, refusal(message, 'x', status));
    const error = await failure(at(answer, (cluster) => cluster.dryRun(gitRepository('main'), 'x')));
    assert.equal(error.reason, reason);
    if (reason === 'ClusterForbidden') assert.match(error.hint, /infra\/cluster\/drift\.yaml/u);
  });
