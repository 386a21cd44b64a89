import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { digestOf } from '../../functions/mirror/files/content.ts';
import { readTrailer } from '../../shared/git/trailers.ts';
import type { Landed } from '../../shared/notice/landed.ts';
import { chart } from '../simulation/archives.ts';
import { read, workOff } from './images.ts';
import {
  ask,
  deployment,
  digest,
  drop,
  entry,
  IMAGE,
  landed,
  message,
  push,
  rules,
  tip,
  told,
  verdict,
  withFerry,
} from './requests.ts';

describe('what is set back', () => {
  test('the latest delivered content, not the latest', () =>
    withFerry(async (ferry) => {
      const good = await drop(ferry, 'config/a.yaml', 'a: 1\n');
      await ask(ferry, verdict(good, 'delivered'));
      await drop(ferry, 'config/a.yaml', 'a: 2\n');
      const made = await drop(ferry, 'config/a.yaml', 'a: 3\n');
      await ask(ferry, verdict(made, 'failed'));
      assert.equal(await read(ferry, 'apps/a.yaml'), 'a: 1\n');
    }));

  test('nothing, of what failed after something newer landed; it is held all the same', () =>
    withFerry(async (ferry) => {
      const made = await drop(ferry, 'config/a.yaml', 'a: 1\n');
      await drop(ferry, 'config/a.yaml', 'a: 2\n');
      await ask(ferry, verdict(made, 'failed'));
      assert.equal(await read(ferry, 'apps/a.yaml'), 'a: 2\n');
      await drop(ferry, 'config/a.yaml', 'a: 1\n');
      assert.equal(await read(ferry, 'apps/a.yaml'), 'a: 2\n');
    }));

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
