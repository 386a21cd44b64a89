import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Retryable } from '../../shared/errors.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';

/** S3's event of an object, as EventBridge delivers it. */
function s3Event(type: 'Object Created' | 'Object Deleted', key: string, object: Record<string, unknown> = {}): string {
  const detail = { version: '0', bucket: { name: 'releases' }, object: { key, ...object }, requester: '123456789012' };
  return JSON.stringify({ version: '0', source: 'aws.s3', 'detail-type': type, time: '2026-01-01T00:00:00Z', detail });
}

describe('delivery', () => {
  let ferry: Ferry;
  let seen = 0;
  before(async () => {
    ferry = await startFerry();
  });
  after(() => ferry.close());

  /** The releases that came of it. */
  async function fresh(): Promise<string[]> {
    const all = await ferry.releases();
    const since = seen;
    seen = all.length;
    return all.slice(since);
  }

  const read = (path: string): Promise<string> => ferry.server.repository.git('show', `main:${path}`);

  test('fault 1: the same event twice in a batch, again later, twice at once: one commit', async () => {
    await ferry.put('config/one.yaml', 'a: 1\n');
    await ferry.tell('config/one.yaml', 'config/one.yaml');
    await ferry.invoke();
    await ferry.tell('config/one.yaml');
    await ferry.invoke();
    await ferry.put('config/one.yaml', 'a: 1\n');
    for (let times = 0; times < 11; times += 1) await ferry.tell('config/one.yaml');
    await Promise.all([ferry.invoke(), ferry.invoke()]);
    assert.deepEqual(await fresh(), ['Release apps/production/one.yaml']);
    assert.equal(await ferry.depth(), 0);
  });

  test('fault 2: an older event after a newer one; delete and create swapped: what the bucket holds now', async () => {
    const old = await ferry.put('config/two.yaml', 'a: old\n');
    const now = await ferry.put('config/two.yaml', 'a: now\n');
    await ferry.send(s3Event('Object Created', 'config/two.yaml', { etag: now }));
    await ferry.invoke();
    await ferry.send(s3Event('Object Deleted', 'config/two.yaml'));
    await ferry.send(s3Event('Object Created', 'config/two.yaml', { etag: old }));
    await ferry.invoke();
    assert.deepEqual(await fresh(), ['Release apps/production/two.yaml']);
    assert.equal(await read('apps/production/two.yaml'), 'a: now');
  });

  test('fault 2: the publisher of an older version is not taken for the newer one’s', async () => {
    const old = await ferry.put('config/who.yaml', 'a: old\n');
    await ferry.put('config/who.yaml', 'a: now\n');
    await ferry.send(s3Event('Object Created', 'config/who.yaml', { etag: old }));
    await ferry.invoke();
    assert.deepEqual(await fresh(), ['Release apps/production/who.yaml']);
    assert.doesNotMatch(await ferry.server.repository.git('log', '-1', '--format=%B', 'main'), /Gitferry-Publisher/u);
  });

  test('fault 4: gone before it is read: nothing to do; overwritten while it is read: the newer one', async () => {
    await ferry.tell('config/gone.yaml');
    await ferry.invoke();
    assert.deepEqual(await fresh(), []);

    await ferry.put('config/racing.yaml', 'a: 1\n');
    await ferry.tell('config/racing.yaml');
    const uploads = ['a: 2\n', 'a: 3\n'];
    const log = ferry.logged.length;
    await ferry.invoke({
      around: async (effect, when) => {
        const next = effect === 'push' && when === 'before' ? uploads.shift() : undefined;
        if (next !== undefined) await ferry.put('config/racing.yaml', next);
      },
    });
    assert.equal(await read('apps/production/racing.yaml'), 'a: 3', ferry.logged.slice(log).join());
    await fresh();
  });

  test('invariant 1: put back while another invocation pushes it, and seen as done by a third: what the bucket holds', async () => {
    const put = (text: string): Promise<unknown> => {
      return ferry.put('config/back.yaml', text).then(() => ferry.tell('config/back.yaml'));
    };
    await put('a: 1\n');
    await ferry.invoke();
    await put('a: 2\n');
    let pushed = false;
    await ferry.invoke({
      around: async (effect, when) => {
        if (effect !== 'push' || when !== 'before' || pushed) return;
        pushed = true;
        await put('a: 1\n');
        await ferry.invoke();
      },
    });
    assert.equal(await read('apps/production/back.yaml'), 'a: 1');
    await fresh();
  });

  test('fault 6: what is not understood is rejected once and acknowledged; unknown fields are accepted', async () => {
    await ferry.put('config/six.yaml', 'a: 1\n');
    await ferry.send(s3Event('Object Created', 'config/six.yaml', { 'of-the-future': { deep: [1] } }));
    await ferry.send(s3Event('Object Created', ''));
    await ferry.send('not JSON');
    await ferry.send(JSON.stringify({ wrong: 'shape' }));
    await ferry.send(JSON.stringify({ long: 'x'.repeat(250_000) }));
    const told = ferry.notices.length;
    while ((await ferry.invoke()) !== null);
    assert.deepEqual(await fresh(), ['Release apps/production/six.yaml']);
    assert.equal(ferry.notices.slice(told).filter(({ type }) => type === 'Rejected').length, 4);
    assert.equal(await ferry.depth(), 0);
  });

  test('fault 7: one bad record among a hundred: only it fails, the others land and are gone', async () => {
    const keys = Array.from({ length: 100 }, (_, index) => `config/hundred/${index}.yaml`);
    await Promise.all(keys.map((key) => ferry.put(key, `key: ${key}\n`)));
    await ferry.tell(...keys);
    await ferry.invoke({ deps: { bucket: { ...ferry.bucket, head: failingHead(ferry, 'config/hundred/42.yaml') } } });
    assert.equal((await fresh()).length, 99);
    assert.equal(await ferry.depth(), 1);
    await ferry.invoke();
    assert.deepEqual(await fresh(), ['Release apps/production/hundred/42.yaml']);
    assert.equal(await ferry.depth(), 0);
  });

  test('fault 8: an outage of the bus or the bucket leaves all messages where they are, and nothing is lost', async () => {
    await ferry.put('config/outage.yaml', 'a: 1\n');
    await ferry.tell('config/outage.yaml');
    const down = { put: () => Promise.reject(new Retryable('BusUnavailable', 'It is down.')) };
    for (let times = 0; times < 3; times += 1) {
      assert.equal((await ferry.invoke({ deps: { bus: down } }))?.batchItemFailures.length, 1);
      assert.equal(await ferry.depth(), 1);
    }
    const told = ferry.notices.length;
    await ferry.invoke();
    assert.deepEqual(await fresh(), ['Release apps/production/outage.yaml']);
    assert.deepEqual(
      ferry.notices.slice(told).map(({ type }) => type),
      ['Landed'],
    );
    assert.equal(await ferry.depth(), 0);
  });
});

/** A bucket that is out of order for one key. */
function failingHead(ferry: Ferry, broken: string) {
  return async (bucket: string, key: string) => {
    if (key === broken) throw new Retryable('BucketUnavailable', 'It is down.');
    return ferry.bucket.head(bucket, key);
  };
}
