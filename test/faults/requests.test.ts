import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { digestOf } from '../../functions/mirror/files/content.ts';
import { formatChange } from '../../shared/change/own.ts';
import { readTrailer } from '../../shared/git/trailers.ts';
import type { Landed } from '../../shared/notice/landed.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { chart, tgz } from '../simulation/archives.ts';
import { changedLines, read, workOff } from './images.ts';
import {
  ask,
  crash,
  deployment,
  digest,
  drop,
  entry,
  IMAGE,
  landed,
  message,
  push,
  rollback,
  rules,
  tip,
  told,
  toldOf,
  verdict,
  withFerry,
} from './requests.ts';

describe('fault 53', () => {
  let ferry: Ferry;
  before(async () => {
    ferry = await startFerry({}, {}, rules());
  });
  after(() => ferry.close());

  test('a rollback, and the same again: one revert', async () => {
    await drop(ferry, 'config/a.yaml', 'a: 1\n');
    const made = await drop(ferry, 'config/a.yaml', 'a: 2\n');
    await ask(ferry, rollback(made), rollback(made));
    await ask(ferry, rollback(made));
    assert.equal(await read(ferry, 'apps/a.yaml'), 'a: 1\n');
    assert.deepEqual((await ferry.releases()).slice(2), ['Revert "Release apps/a.yaml"']);
    const asked = (await ferry.events()).filter(({ type }) => type === 'asked');
    assert.equal(asked.length, 1);
  });

  test('later commits of people on top: of an image only its own spans go back', () =>
    withFerry(
      async (ferry) => {
        await push(ferry, '1.0.0', 1);
        const made = await push(ferry, '1.1.0', 2);
        const now = (await read(ferry, 'deploy/api.yaml'))
          .replace('replicas: 1', 'replicas: 5')
          .replace('api }', 'api2 }');
        await ferry.server.repository.commit({ 'deploy/api.yaml': now.replace('api2 }', 'api }'), 'README.md': 'x\n' });
        await ask(ferry, verdict(made, 'failed'));
        const image = (tag: string, number: number) =>
          `  template: { spec: { containers: [{ name: api, image: ${IMAGE}:${tag}@${digest(number)} }] } }`;
        assert.deepEqual(await changedLines(ferry), [`-${image('1.1.0', 2)}`, `+${image('1.0.0', 1)}`]);
        assert.ok((await read(ferry, 'deploy/api.yaml')).includes('replicas: 5'));
        const before = await tip(ferry);
        await ask(ferry, rollback(made), verdict(made, 'failed'));
        assert.equal(await tip(ferry), before);
      },
      { files: { 'deploy/api.yaml': deployment(`${IMAGE}:0.9.0`) } },
    ));

  test('an edit in the way: none of it goes back, that is told once, and a rollback works once it is out of the way', async () => {
    await drop(ferry, 'charts/web-1.0.0.tgz', await chart('web', '1.0.0'));
    const made = await drop(ferry, 'charts/web-1.1.0.tgz', await chart('web', '1.1.0'));
    const mended = await read(ferry, 'charts/web/values.yaml');
    await ferry.server.repository.commit({ 'charts/web/values.yaml': 'mine: 1\n' });
    told(ferry);
    await ask(ferry, verdict(made, 'failed'));
    // The next best waits, because of the same edit.
    assert.deepEqual(told(ferry), ['Verdict failed', 'Stalled RevertConflict', 'Waiting PlaceEdited']);
    const pushes = ferry.pushes();
    await ask(ferry, rollback(made), verdict(made, 'failed'));
    assert.equal(ferry.pushes(), pushes);
    assert.match(await read(ferry, 'charts/web/Chart.yaml'), /1\.1\.0/u);
    await ferry.server.repository.commit({ 'charts/web/values.yaml': mended });
    await ask(ferry, rollback(made));
    assert.match(await read(ferry, 'charts/web/Chart.yaml'), /1\.0\.0/u);
  });

  test('what a person set back in part goes back as to the rest', async () => {
    await drop(ferry, 'config/set.tgz', await tgz({ 'p.yaml': 'p: 1\n', 'q.yaml': 'q: 1\n' }));
    const made = await drop(ferry, 'config/set.tgz', await tgz({ 'p.yaml': 'p: 2\n', 'q.yaml': 'q: 2\n' }));
    await ferry.server.repository.commit({ 'apps/p.yaml': 'p: 1\n' });
    await ask(ferry, verdict(made, 'failed'));
    assert.equal(await read(ferry, 'apps/p.yaml'), 'p: 1\n');
    assert.equal(await read(ferry, 'apps/q.yaml'), 'q: 1\n');
  });
});

describe('an invocation that takes a release back ends anywhere: one revert, and its verdict told', () => {
  let ferry: Ferry;
  before(async () => {
    ferry = await startFerry({}, {}, rules());
  });
  after(() => ferry.close());

  for (const effect of ['push', 'announce', 'delete'] as const)
    for (const when of ['before', 'after'] as const)
      for (const broken of [false, true])
        test(`${when} ${effect}${broken ? ', while gitferry.yaml is broken' : ''}`, async () => {
          const [a, b] = [`${effect}-${when}-${broken}`, `${effect}-${when}-${broken}-edited`];
          await drop(ferry, `config/${a}.yaml`, 'a: 1\n');
          const made = await drop(ferry, `config/${a}.yaml`, 'a: 2\n');
          const stuck = await drop(ferry, `config/${b}.yaml`, 'b: 1\n');
          await ferry.server.repository.commit({ [`apps/${b}.yaml`]: 'b: mine\n' });
          if (broken) await ferry.server.repository.commit({ 'gitferry.yaml': 'mirrors: nonsense\n' });
          told(ferry);
          await ferry.send(formatChange(verdict(made, 'failed')));
          await ferry.send(formatChange(verdict(stuck, 'failed')));
          assert.ok(await crash(ferry, effect, when));
          await workOff(ferry);
          const notices = ferry.notices.filter(({ detail }) => [made.unit, stuck.unit].includes(`${detail.unit}`));
          const words = new Set(toldOf(notices));
          assert.ok(words.has('Verdict failed'), 'its verdict was told');
          assert.ok(words.has('Landed reverts'), 'that it went back was told');
          assert.ok(words.has('Stalled RevertConflict'), 'what keeps the other was told');
          const events = (await ferry.events()).filter(({ unit }) => unit === made.unit || unit === stuck.unit);
          assert.equal(events.filter(({ type }) => type === 'verdict').length, 2);
          assert.equal(events.filter(({ reverts }) => reverts !== undefined).length, 1);
          assert.equal(events.filter(({ type }) => type === 'landed').length, 4);
          assert.equal(await read(ferry, `apps/${a}.yaml`), 'a: 1\n');
          assert.equal(await ferry.depth(), 0);
          if (broken) await ferry.server.repository.commit({ 'gitferry.yaml': rules() });
          if (broken) await ask(ferry, { kind: 'config' });
        });

  test('a verdict on a release of long ago is told, too, when the process ended before that', async () => {
    const made = await drop(ferry, 'config/a.yaml', 'a: 0\n');
    for (let number = 1; number < 5; number += 1) await drop(ferry, 'config/a.yaml', `a: ${number}\n`);
    told(ferry);
    await ferry.send(formatChange(verdict(made, 'delivered')));
    assert.ok(await crash(ferry, 'announce', 'before'));
    await workOff(ferry);
    assert.ok(told(ferry).includes('Verdict delivered'));
  });
});

describe('others push, or the server refuses, while a release goes back', () => {
  for (const atomic of [true, false]) {
    test(`a person is ahead: the revert is on top, and theirs stays, ${atomic ? 'with' : 'without'} atomic`, () =>
      withFerry(
        async (ferry) => {
          await drop(ferry, 'config/a.yaml', 'a: 1\n');
          const made = await drop(ferry, 'config/a.yaml', 'a: 2\n');
          await ferry.send(formatChange(verdict(made, 'failed')));
          let first = true;
          await ferry.invoke({
            around: async (effect, when) => {
              if (effect !== 'push' || when !== 'before' || !first) return;
              first = false;
              await ferry.server.repository.commit({ 'README.md': 'x\n' }, 'main', 'By a person');
            },
          });
          const log = await ferry.server.repository.git('log', '-2', '--format=%s', 'main');
          assert.equal(log, 'Revert "Release apps/a.yaml"\nBy a person');
          assert.equal((await ferry.events()).filter(({ type }) => type === 'verdict').length, 1);
          assert.equal(await ferry.depth(), 0);
        },
        { server: { atomic } },
      ));

    test(`a person edits the very file meanwhile: a conflict, ${atomic ? 'with' : 'without'} atomic`, () =>
      withFerry(
        async (ferry) => {
          await drop(ferry, 'config/a.yaml', 'a: 1\n');
          const made = await drop(ferry, 'config/a.yaml', 'a: 2\n');
          told(ferry);
          await ferry.send(formatChange(verdict(made, 'failed')));
          let first = true;
          await ferry.invoke({
            around: async (effect, when) => {
              if (effect !== 'push' || when !== 'before' || !first) return;
              first = false;
              await ferry.server.repository.commit({ 'apps/a.yaml': 'mine: 1\n' });
            },
          });
          assert.equal(await read(ferry, 'apps/a.yaml'), 'mine: 1\n');
          assert.deepEqual(told(ferry), ['Verdict failed', 'Stalled RevertConflict']);
        },
        { server: { atomic } },
      ));
  }

  test('the answer to the push is lost: one revert, told', () => {
    const server = { dropPushes: 0 };
    return withFerry(
      async (ferry) => {
        const made = await drop(ferry, 'config/a.yaml', 'a: 1\n');
        told(ferry);
        server.dropPushes = 1;
        await ask(ferry, verdict(made, 'failed'));
        assert.deepEqual(told(ferry), ['Verdict failed', 'Landed reverts']);
        assert.equal((await ferry.releases()).length, 2);
      },
      { server },
    );
  });

  test('the server refuses: nothing is recorded, the message stays, and works once it may', () =>
    withFerry(
      async (ferry) => {
        const made = await drop(ferry, 'config/a.yaml', 'a: 1\n');
        await ferry.server.repository.git('config', 'ferry.closed', 'true');
        await ferry.send(formatChange(verdict(made, 'failed')));
        const answer = await ferry.invoke();
        assert.equal(answer?.batchItemFailures.length, 1);
        assert.equal(await read(ferry, 'apps/a.yaml'), 'a: 1\n');
        await ferry.server.repository.git('config', 'ferry.closed', 'false');
        await workOff(ferry);
        assert.equal(await entry(ferry, 'apps/a.yaml'), '');
      },
      { server: { hook: 'test "$(git config ferry.closed)" = true && echo closed >&2 && exit 1; exit 0' } },
    ));
});

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

describe('what is set back', () => {
  test('a removal that failed: what stood there stands again, though its object is gone', () =>
    withFerry(
      async (ferry) => {
        await drop(ferry, 'config/a.yaml', 'a: 1\n');
        await ferry.remove('config/a.yaml');
        await ask(ferry, { kind: 'object', bucket: 'releases', key: 'config/a.yaml', gone: 'deleted' });
        assert.equal(await entry(ferry, 'apps/a.yaml'), '');
        await ask(ferry, verdict(landed(ferry), 'failed'));
        assert.equal(await read(ferry, 'apps/a.yaml'), 'a: 1\n');
        const before = await tip(ferry);
        await ask(ferry, { kind: 'object', bucket: 'releases', key: 'config/a.yaml', gone: 'deleted' });
        assert.equal(await tip(ferry), before);
        // A new rule is no reason to remove it again.
        const other =
          '{ name: config, bucket: releases, prefix: config/, files: apps, onDelete: remove, onEdit: overwrite }';
        await ferry.server.repository.commit({ 'gitferry.yaml': rules({ config: other }) });
        await ask(ferry, { kind: 'config' });
        await ask(ferry, { kind: 'object', bucket: 'releases', key: 'config/a.yaml', gone: 'deleted' });
        assert.equal(await read(ferry, 'apps/a.yaml'), 'a: 1\n');
      },
      {
        config: rules({ config: '{ name: config, bucket: releases, prefix: config/, files: apps, onDelete: remove }' }),
      },
    ));

  test('a move that failed: the chart stands at its old place, is not held, and does not move again', () =>
    withFerry(async (ferry) => {
      await drop(ferry, 'charts/web-0.9.0.tgz', await chart('web', '0.9.0'));
      const made = await drop(ferry, 'charts/web-1.0.0.tgz', await chart('web', '1.0.0'));
      await ask(ferry, verdict(made, 'delivered'));
      const moved = rules({ charts: '{ name: charts, bucket: releases, prefix: charts/, chart: "elsewhere/{name}" }' });
      await ferry.server.repository.commit({ 'gitferry.yaml': moved });
      await ask(ferry, { kind: 'config' });
      assert.match(await read(ferry, 'elsewhere/web/Chart.yaml'), /1\.0\.0/u);
      await ask(ferry, verdict(landed(ferry), 'failed'));
      assert.match(await read(ferry, 'charts/web/Chart.yaml'), /1\.0\.0/u);
      assert.equal(await entry(ferry, 'elsewhere'), '');
      const before = await tip(ferry);
      await ask(ferry, { kind: 'prefix', bucket: 'releases', prefix: '' });
      assert.equal(await tip(ferry), before);
      assert.deepEqual(readTrailer(await message(ferry), 'Gitferry-Held'), []);
    }));

  test('a binary, an executable and a symlink that stood before gitferry', () => {
    const files = {
      'apps/data.json': { mode: '100644', bytes: Buffer.from([0, 255, 10, 13, 0]) },
      'charts/web/run.sh': { mode: '100755', bytes: '#!/bin/sh\n' },
      'charts/web/link': { mode: '120000', bytes: '../../README.md' },
      'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 0.1.0\n',
    };
    const overwrite = (rest: string): string => `{ bucket: releases, ${rest}, onEdit: overwrite }`;
    const config = rules({
      charts: overwrite('name: charts, prefix: charts/, chart: "charts/{name}"'),
      config: overwrite('name: config, prefix: config/, files: apps'),
    });
    return withFerry(
      async (ferry) => {
        const list = async (): Promise<string> =>
          ferry.server.repository.git('ls-tree', '-r', 'main', 'apps', 'charts');
        const before = await list();
        const one = await drop(ferry, 'config/data.json', '{}\n');
        const two = await drop(ferry, 'charts/web-1.0.0.tgz', await chart('web', '1.0.0'));
        assert.notEqual(await list(), before);
        await ask(ferry, verdict(one, 'failed'), verdict(two, 'failed'));
        assert.equal(await list(), before);
      },
      { files, config },
    );
  });

  for (const [what, next] of [
    [
      'renamed',
      rules({ image: `{ image: ${IMAGE}, name: other, policy: { semver: ">=1.0.0" }, files: ["**/*.yaml"] }` }),
    ],
    ['removed', rules({ image: '' })],
  ] as const)
    test(`an image whose policy was ${what} since`, () =>
      withFerry(
        async (ferry) => {
          await push(ferry, '1.0.0', 1);
          const made = await push(ferry, '1.1.0', 2);
          await ferry.server.repository.commit({ 'gitferry.yaml': next });
          await ask(ferry, { kind: 'config' });
          told(ferry);
          await ask(ferry, verdict(made, 'failed'));
          const now = await read(ferry, 'deploy/api.yaml');
          if (what === 'renamed') assert.ok(now.includes(':1.0.0@'), now);
          assert.deepEqual(told(ferry), [
            'Verdict failed',
            what === 'renamed' ? 'Landed reverts' : 'Stalled RevertConflict',
          ]);
        },
        { files: { 'deploy/api.yaml': deployment(`${IMAGE}:0.9.0`) } },
      ));

  for (const [what, charts] of [
    ['removed', ''],
    ['renamed', '{ name: others, bucket: releases, prefix: charts/, chart: "charts/{name}" }'],
  ] as const)
    for (const seen of [true, false])
      test(`a chart whose mirror was ${what} since${seen ? ', and that was seen' : ''}`, () =>
        withFerry(async (ferry) => {
          const first = await drop(ferry, 'charts/web-1.0.0.tgz', await chart('web', '1.0.0'));
          await ask(ferry, verdict(first, 'delivered'));
          const made = await drop(ferry, 'charts/web-1.1.0.tgz', await chart('web', '1.1.0'));
          await ferry.server.repository.commit({ 'gitferry.yaml': rules({ charts }) });
          if (seen) await ask(ferry, { kind: 'config' });
          await ask(ferry, verdict(made, 'failed'));
          assert.match(await read(ferry, 'charts/web/Chart.yaml'), /1\.0\.0/u);
          await ask(ferry, { kind: 'prefix', bucket: 'releases', prefix: '' });
          assert.match(await read(ferry, 'charts/web/Chart.yaml'), /1\.0\.0/u);
        }));

  for (const edited of [true, false])
    test(`a release file’s release: ${edited ? 'where one of three is edited, none goes back' : 'all three go back'}`, () =>
      withFerry(
        async (ferry) => {
          await push(ferry, '1.0.0', 1);
          const web = await chart('web', '1.0.0');
          ferry.images.point(IMAGE, '1.1.0', digest(2));
          await ferry.put(
            'together/one.release.yaml',
            [
              'apiVersion: gitferry.dev/v1',
              'kind: Release',
              'objects:',
              `  - { key: config/a.yaml, sha256: ${digestOf(Buffer.from('a: 1\n')).slice(7)} }`,
              `  - { key: charts/web-1.0.0.tgz, sha256: ${digestOf(web).slice(7)} }`,
              `images: [{ image: "${IMAGE}:1.1.0", digest: "${digest(2)}" }]`,
            ].join('\n'),
          );
          await ferry.put('config/a.yaml', 'a: 1\n');
          await ferry.put('charts/web-1.0.0.tgz', web);
          await ferry.tell('together/one.release.yaml', 'config/a.yaml', 'charts/web-1.0.0.tgz');
          await workOff(ferry);
          const members = ferry.notices.filter(({ detail }) => detail.summary === 'Release one');
          assert.equal(members.length, 4);
          const made = members.map(({ detail }) => detail as unknown as Landed);
          if (edited) await ferry.server.repository.commit({ 'apps/a.yaml': 'mine: 1\n' });
          const before = await tip(ferry);
          told(ferry);
          await ask(ferry, verdict(made.find(({ unit }) => unit === 'charts#web') as Landed, 'failed'));
          if (edited) {
            assert.deepEqual(told(ferry), ['Verdict failed', 'Stalled RevertConflict']);
            assert.equal(await tip(ferry), before);
            return;
          }
          assert.deepEqual([await entry(ferry, 'apps/a.yaml'), await entry(ferry, 'charts/web')], ['', '']);
          assert.ok((await read(ferry, 'deploy/api.yaml')).includes(':1.0.0@'));
          assert.equal((await ferry.releases()).length, 5);
          const now = await tip(ferry);
          await ask(ferry, ...made.map((one) => verdict(one, 'failed')), {
            kind: 'prefix',
            bucket: 'releases',
            prefix: '',
          });
          assert.equal(await tip(ferry), now);
        },
        { files: { 'deploy/api.yaml': deployment(`${IMAGE}:0.9.0`) } },
      ));
});
