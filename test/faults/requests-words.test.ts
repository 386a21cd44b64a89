import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { formatChange } from '../../shared/change/own.ts';
import { Retryable } from '../../shared/errors.ts';
import { readTrailer } from '../../shared/git/trailers.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { read, workOff } from './images.ts';
import { ask, drop, entry, landed, message, rollback, rules, told, verdict, withFerry } from './requests.ts';

describe('what verdicts may say', () => {
  let ferry: Ferry;
  before(async () => {
    ferry = await startFerry({}, {}, rules());
  });
  after(() => ferry.close());

  test('two in one batch: each is done, in one push', async () => {
    const one = await drop(ferry, 'config/a.yaml', 'a: 1\n');
    const two = await drop(ferry, 'config/b.yaml', 'b: 1\n');
    const pushes = ferry.pushes();
    await ask(ferry, verdict(one, 'failed'), verdict(two, 'delivered'));
    assert.equal(ferry.pushes(), pushes + 1);
    assert.equal(await entry(ferry, 'apps/a.yaml'), '');
    assert.equal(await read(ferry, 'apps/b.yaml'), 'b: 1\n');
  });

  test('of a release or a unit that nobody knows: nothing, and the others of the batch are done', async () => {
    const made = await drop(ferry, 'config/u.yaml', 'a: 1\n');
    const other = await drop(ferry, 'config/v.yaml', 'b: 1\n');
    const unknown = { ...made, release: '01ARZ3NDEKTSV4RRFFQ69G5FAV' };
    const units = ['config#none.yaml', 'none', '#', '__proto__', 'toString#a', made.unit];
    told(ferry);
    await ask(ferry, ...units.map((unit) => verdict({ ...unknown, unit }, 'failed')), rollback(unknown));
    await ask(ferry, verdict({ ...other, unit: made.unit }, 'failed'));
    assert.deepEqual(told(ferry), []);
    assert.equal(await read(ferry, 'apps/u.yaml'), 'a: 1\n');
    await ask(ferry, verdict(made, 'failed'));
    assert.equal(await entry(ferry, 'apps/u.yaml'), '');
  });

  test('in a wrong shape: rejected, and the others of the batch are done', async () => {
    const made = await drop(ferry, 'config/w.yaml', 'a: 1\n');
    const sound = JSON.parse(formatChange(verdict(made, 'failed')));
    const wrong = [
      { verdict: 'exploded' },
      { release: 'x'.repeat(26) },
      { release: ['a'] },
      { unit: 'u'.repeat(2001) },
      { unit: '' },
      { reason: 'Reason\nGitferry-Release: x' },
      { message: 'x'.repeat(200_000) },
      { message: { text: 'x' } },
      { kind: 'lift', version: '' },
      { kind: 'rollback', why: 'x'.repeat(5000) },
    ];
    told(ferry);
    for (const one of wrong) await ferry.send(JSON.stringify({ ...sound, ...one }));
    await workOff(ferry);
    assert.deepEqual([...new Set(told(ferry))], ['Rejected EventInvalid']);
    assert.equal(await read(ferry, 'apps/w.yaml'), 'a: 1\n');
    await ask(ferry, sound);
    assert.equal(await entry(ferry, 'apps/w.yaml'), '');
  });

  test('words from the cluster start neither lines nor trailers', async () => {
    const count = (await ferry.releases()).length;
    const evil = 'x\n\nGitferry-Release: 01ARZ3NDEKTSV4RRFFQ69G5FAV\r\nGitferry-Record: {}\u2028\u0000\u001b[31m\n\n';
    const made = await drop(ferry, 'config/x.yaml', 'a: 1\n');
    await ask(ferry, verdict(made, 'failed', evil.repeat(20)));
    await drop(ferry, 'config/y.yaml', 'b: 1\n');
    const other = await drop(ferry, 'config/y.yaml', 'b: 2\n');
    await ask(ferry, { ...rollback(other, evil), by: evil } as ReturnType<typeof rollback>);
    for (const commit of ['main', 'main~3']) {
      const text = await message(ferry, commit);
      assert.match(text, /^Revert "/u);
      assert.equal(text.split('\n').filter((line) => line.startsWith('Gitferry-Re')).length, 3);
      assert.equal(readTrailer(text, 'Gitferry-Release').length, 1);
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u2028]/u);
    }
    assert.equal((await ferry.releases()).length, count + 5);
  });
});

describe('while gitferry.yaml is broken', () => {
  test('a rollback and a lift that undo each other are done once', () =>
    withFerry(async (ferry) => {
      const made = await drop(ferry, 'config/a.yaml', 'a: 1\n');
      await ferry.server.repository.commit({ 'apps/a.yaml': null, 'gitferry.yaml': 'mirrors: nonsense\n' });
      const lift = { kind: 'lift', unit: made.unit, version: made.release, by: 'sam' } as const;
      await ask(ferry, rollback(made), lift);
      const types = (await ferry.events()).map(({ type }) => type);
      assert.deepEqual(types, ['landed', 'asked', 'taken-back', 'lifted', 'stalled']);
    }));

  test('what goes back is by the author of the rules that were sound, though these were not applied everywhere yet', () =>
    withFerry(async (ferry) => {
      const list: Ferry['bucket']['list'] = (bucket, prefix, after) => {
        if (prefix === 'charts/') throw new Retryable('BucketUnreachable', 'not now');
        return ferry.bucket.list(bucket, prefix, after);
      };
      await ferry.put('config/a.yaml', 'a: 1\n');
      await ferry.tell('config/a.yaml');
      await ferry.invoke({ deps: { bucket: { ...ferry.bucket, list } } });
      await ferry.purge();
      const made = landed(ferry);
      await ferry.server.repository.commit({ 'gitferry.yaml': 'mirrors: nonsense\n' });
      await ask(ferry, verdict(made, 'failed'));
      const log = await ferry.server.repository.git('log', '-1', '--format=%s %ce', 'main');
      assert.equal(log, 'Revert "Release apps/a.yaml" noreply@gitferry.dev');
    }));
});
