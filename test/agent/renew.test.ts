import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renewed } from '../../shared/agent/renew.ts';
import { Retryable, Stalled } from '../../shared/errors.ts';
import { failure } from '../source/fixture.ts';
import { fakeCluster } from './fake-cluster.ts';
import { gitRepository } from './objects.ts';

const UNAUTHORIZED = new Stalled('ClusterUnauthorized', 'Who are you?');
const FORBIDDEN = new Stalled('ClusterForbidden', 'You may not.');

/** A cluster whose first connections are refused so. */
function refusing(refusals: number, error: Error) {
  const count = { connections: 0 };
  const cluster = renewed('prod', async () => {
    count.connections += 1;
    const fake = fakeCluster('prod', [gitRepository('main')]);
    const refused = count.connections <= refusals;
    fake.before = () => {
      if (refused) throw error;
    };
    return fake;
  });
  return { cluster, count };
}

test('a cluster connects when it is first asked, and once', async () => {
  const { cluster, count } = refusing(0, UNAUTHORIZED);
  assert.equal(count.connections, 0);
  await Promise.all([cluster.list('v1', 'Pod'), cluster.list('v1', 'Event')]);
  assert.equal(count.connections, 1);
});

for (const reason of ['ClusterUnauthorized', 'CertificateRefused'])
  test(`${reason} makes it connect once more, for all who were refused at once`, async () => {
    const { cluster, count } = refusing(1, new Stalled(reason, 'No.'));
    const kinds = ['Pod', 'Event', 'Node', 'Secret'];
    await Promise.all(kinds.map((kind) => cluster.list('v1', kind)));
    assert.equal(count.connections, 2);
  });

test('one that refuses the new credentials, too, is told so', async () => {
  const { cluster, count } = refusing(99, UNAUTHORIZED);
  assert.equal((await failure(cluster.list('v1', 'Pod'))).reason, 'ClusterUnauthorized');
  assert.equal(count.connections, 2);
});

for (const error of [FORBIDDEN, new Retryable('ClusterUnreachable', 'Nobody there.')])
  test(`${error.reason} is no matter of credentials`, async () => {
    const { cluster, count } = refusing(1, error);
    assert.equal((await failure(cluster.list('v1', 'Pod'))).reason, error.reason);
    assert.equal(count.connections, 1);
  });

test('what could not connect is tried again by the next that asks', async () => {
  let attempts = 0;
  const cluster = renewed('prod', async () => {
    attempts += 1;
    if (attempts === 1) throw new Retryable('SecretStoreUnavailable', 'Later.');
    return fakeCluster('prod', []);
  });
  assert.equal((await failure(cluster.list('v1', 'Pod'))).reason, 'SecretStoreUnavailable');
  assert.deepEqual(await cluster.list('v1', 'Pod'), []);
});
