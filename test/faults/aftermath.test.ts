import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { noteKey } from '../../functions/mirror/push.ts';
import { Stalled } from '../../shared/errors.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { chart } from '../simulation/archives.ts';

const rules = (more = ''): string => `apiVersion: gitferry.dev/v1
mirrors:
  - { bucket: releases, prefix: config/, files: apps, onDelete: remove }
  - { bucket: releases, prefix: charts/, chart: "charts/{name}"${more} }
`;

let ferry: Ferry;
afterEach(() => ferry.close());

async function work(): Promise<void> {
  while ((await ferry.invoke()) !== null);
}

describe('what a fault leaves behind', () => {
  it('a refused mass deletion, told once, does not hold a single deletion up afterwards', async () => {
    ferry = await startFerry({}, {}, rules());
    const keys = Array.from({ length: 12 }, (_, index) => `config/${index}.yaml`);
    for (const key of keys) await ferry.put(key, `a: ${key}\n`);
    await ferry.tell(...keys);
    await work();
    for (const key of keys) await ferry.remove(key);
    await ferry.send(JSON.stringify({ gitferry: 'change', kind: 'config' }));
    await ferry.tell(...keys);
    // One invocation drains them all: they are refused together.
    await work();
    const refusals = (await ferry.events()).filter(({ reason }) => reason === 'TooManyRemovals');
    assert.equal(refusals.length, 1);
    assert.equal(refusals[0]?.source, 's3://releases/config/');

    for (const key of keys) await ferry.put(key, `a: ${key}\n`);
    await ferry.tell(...keys);
    await work();
    await ferry.remove('config/7.yaml');
    await ferry.tell('config/7.yaml');
    await work();
    assert.deepEqual((await ferry.releases()).slice(keys.length), ['Remove apps/7.yaml']);
  });

  it('a mirror that is renamed goes on with what people took back', async () => {
    ferry = await startFerry({}, {}, rules());
    await ferry.put('charts/web-1.0.0.tgz', await chart('web', '1.0.0'));
    await ferry.tell('charts/web-1.0.0.tgz');
    await work();
    await ferry.put('charts/web-1.1.0.tgz', await chart('web', '1.1.0'));
    await ferry.tell('charts/web-1.1.0.tgz');
    await work();
    const { repository } = ferry.server;
    const before = await repository.git('show', 'main~1:charts/web/Chart.yaml');
    await repository.commit({ 'charts/web/Chart.yaml': `${before}\n` }, 'main', 'Revert');
    const values = await repository.git('show', 'main~2:charts/web/values.yaml');
    await repository.commit({ 'charts/web/values.yaml': `${values}\n` }, 'main', 'Revert');
    await ferry.tell('charts/web-1.1.0.tgz');
    await work();

    await repository.commit({ 'gitferry.yaml': rules(', name: renamed') });
    await ferry.tell('charts/web-1.1.0.tgz');
    await work();
    assert.deepEqual(await ferry.releases(), ['Release web 1.0.0', 'Release web 1.1.0']);
    await ferry.put('charts/web-1.2.0.tgz', await chart('web', '1.2.0'));
    await ferry.tell('charts/web-1.2.0.tgz');
    await work();
    assert.equal((await ferry.releases()).at(-1), 'Release web 1.2.0');
  });

  it('a message that says nothing is recorded while gitferry.yaml is broken, and kept while nothing can be', async () => {
    ferry = await startFerry({}, { 'gitferry.yaml': 'mirrors: [' });
    await ferry.send('{"neither": "event nor change"}');
    const signer = async (): Promise<never> => {
      throw new Stalled('SigningKeyUnusable', 'It can not be used.');
    };
    const answer = await ferry.invoke({ deps: { signer } });
    assert.equal(answer?.batchItemFailures.length, 1);
    await ferry.returnMessages();
    await work();
    const events = await ferry.events();
    assert.deepEqual(events.map(({ type }) => type).toSorted(), ['rejected', 'stalled']);
    assert.match(`${events.find(({ type }) => type === 'rejected')?.content}`, /^sha256:/u);
  });

  it('the note about an upload goes when the upload goes', async () => {
    ferry = await startFerry({}, {}, rules());
    await ferry.put('charts/bad-1.0.0.tgz', 'no archive');
    await ferry.tell('charts/bad-1.0.0.tgz');
    await work();
    assert.notEqual(await ferry.object(noteKey('test', 'charts/bad-1.0.0.tgz')), null);
    await ferry.remove('charts/bad-1.0.0.tgz');
    await ferry.tell('charts/bad-1.0.0.tgz');
    await work();
    assert.equal(await ferry.object(noteKey('test', 'charts/bad-1.0.0.tgz')), null);
  });
});
