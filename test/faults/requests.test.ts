import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { formatChange } from '../../shared/change/own.ts';
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
