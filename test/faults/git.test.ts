import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Retryable } from '../../shared/errors.ts';
import { newMemory } from '../../shared/git/memory.ts';
import type { Remote } from '../../shared/git/remote.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import { type Ferry, LEDGER, startFerry } from '../servers/ferry.ts';
import type { GitServerOptions } from '../servers/git-server.ts';
import { chart } from '../simulation/archives.ts';

/** A ferry with one upload waiting. */
async function withUpload(options: GitServerOptions, work: (ferry: Ferry) => Promise<void>): Promise<void> {
  const ferry = await startFerry(options);
  try {
    await ferry.put('config/a.yaml', 'a: 1\n');
    await ferry.tell('config/a.yaml');
    await work(ferry);
  } finally {
    await ferry.close();
  }
}

async function onePushAhead(ferry: Ferry, act: () => Promise<unknown>): Promise<void> {
  let first = true;
  await ferry.invoke({
    around: async (effect, when) => {
      // The push that begins the ledger moves no branch.
      if (effect !== 'push' || when !== 'before' || (await ledgerTip(ferry)) === '' || !first) return;
      first = false;
      await act();
    },
  });
}

const ledgerTip = (ferry: Ferry): Promise<string> =>
  ferry.server.repository.git('for-each-ref', '--format=%(objectname)', LEDGER);
const summaries = async (ferry: Ferry): Promise<string[]> =>
  (await ferry.server.repository.git('log', '--format=%s', 'main')).split('\n');
const types = ({ notices }: Ferry): string[] =>
  notices.map(({ type, detail }) => `${type} ${detail.reason ?? detail.summary}`);

describe('fault 38', () => {
  for (const atomic of [true, false]) {
    test(`a person pushes first: landed on top, the source read again, ${atomic ? 'with' : 'without'} atomic`, () =>
      withUpload({ atomic }, async (ferry) => {
        await onePushAhead(ferry, async () => {
          await ferry.server.repository.commit({ 'README.md': 'x\n' }, 'main', 'By a person');
          await ferry.put('config/a.yaml', 'a: 2\n');
        });
        assert.deepEqual(await summaries(ferry), ['Release apps/production/a.yaml', 'By a person', 'Begin']);
        assert.equal(await ferry.server.repository.git('show', 'main:apps/production/a.yaml'), 'a: 2');
      }));

    test(`a person pushes first, and a better version comes: only that lands, ${atomic ? 'with' : 'without'} atomic`, () =>
      withUpload({ atomic }, async (ferry) => {
        await ferry.invoke();
        await ferry.put('charts/web-1.0.0.tgz', await chart('web', '1.0.0'));
        await ferry.tell('charts/web-1.0.0.tgz');
        await onePushAhead(ferry, async () => {
          await ferry.server.repository.commit({ 'README.md': 'x\n' }, 'main', 'By a person');
          await ferry.put('charts/web-1.1.0.tgz', await chart('web', '1.1.0'));
        });
        assert.deepEqual((await summaries(ferry)).slice(0, 2), ['Release web 1.1.0', 'By a person']);
      }));

    test(`the answer to a push is lost: one commit, told, ${atomic ? 'with' : 'without'} atomic`, () =>
      withUpload({ atomic, dropPushes: 2 }, async (ferry) => {
        await ferry.invoke();
        assert.deepEqual(await ferry.releases(), ['Release apps/production/a.yaml']);
        assert.deepEqual(types(ferry), ['Landed Release apps/production/a.yaml']);
        assert.equal(await ferry.depth(), 0);
      }));
  }

  test('the answer is lost, and another push came on top: one commit, told all the same', () =>
    withUpload({}, async (ferry) => {
      const real = new SmartHttp({ url: ferry.server.url, memory: newMemory() });
      const push: Remote['push'] = async (moves, objects) => {
        const report = await real.push(moves, objects);
        if (!moves.some(({ ref }) => ref === 'refs/heads/main')) return report;
        await ferry.server.repository.commit({ 'README.md': 'x\n' }, 'main', 'On top');
        throw new Retryable('ConnectionLost', 'The answer got lost.');
      };
      const remote: Remote = {
        tips: (refs) => real.tips(refs),
        open: (...where) => real.open(...where),
        fetch: (oids) => real.fetch(oids),
        log: (...range) => real.log(...range),
        push,
      };
      await ferry.invoke({ deps: { remote } });
      assert.deepEqual(await summaries(ferry), ['On top', 'Release apps/production/a.yaml', 'Begin']);
      assert.deepEqual(types(ferry), ['Landed Release apps/production/a.yaml']);
    }));

  test('a hook refuses: stalled in its words, nothing moved, the message stays', () =>
    withUpload({ hook: 'echo "only on Fridays" >&2; exit 1' }, async (ferry) => {
      assert.equal((await ferry.invoke())?.batchItemFailures.length, 1);
      assert.deepEqual(types(ferry), ['Stalled PushRefused']);
      assert.deepEqual(await summaries(ferry), ['Begin']);
    }));

  test('a protected branch: neither branch nor ledger moves', () =>
    withUpload({ hook: 'while read old new ref; do [ "$ref" != refs/heads/main ] || exit 1; done' }, async (ferry) => {
      await ferry.invoke();
      assert.deepEqual(types(ferry), ['Stalled PushRefused']);
      assert.deepEqual(await ferry.events(), [], 'never a record without its release');
    }));

  test('fault 10: the ledger alone is refused: never a release without its record', () =>
    withUpload({ hook: 'while read old new ref; do case "$ref" in *ledger*) exit 1;; esac; done' }, async (ferry) => {
      await ferry.invoke();
      assert.deepEqual(types(ferry), ['Stalled PushRefused']);
      assert.deepEqual(await summaries(ferry), ['Begin']);
    }));

  test('the branch is deleted meanwhile: stalled, not created again', () =>
    withUpload({ config: { 'receive.denyDeleteCurrent': 'ignore' } }, async (ferry) => {
      await onePushAhead(ferry, () => ferry.server.repository.git('update-ref', '-d', 'refs/heads/main'));
      assert.deepEqual(types(ferry), ['Stalled BranchMissing']);
      assert.equal(await ferry.server.repository.git('for-each-ref', 'refs/heads/main'), '');
    }));

  test('the branch is forced back to before our release: it was taken back by a person, and stays so', () =>
    withUpload({}, async (ferry) => {
      const begin = await ferry.server.repository.git('rev-parse', 'main');
      await ferry.invoke();
      await ferry.server.repository.git('update-ref', 'refs/heads/main', begin);
      await ferry.tell('config/a.yaml');
      await ferry.invoke();
      assert.deepEqual(await ferry.releases(), []);
      assert.ok(types(ferry).some((told) => told.startsWith('TakenBack')));
      await ferry.put('config/a.yaml', 'a: 2\n');
      await ferry.tell('config/a.yaml');
      await ferry.invoke();
      assert.deepEqual(await ferry.releases(), ['Release apps/production/a.yaml']);
    }));
});

describe('fault 39', () => {
  const answers: Readonly<Record<string, NonNullable<GitServerOptions['first']>[number]>> = {
    '500': { status: 500 },
    '403': { status: 403 },
    '429': { status: 429, headers: { 'retry-after': '1' } },
    'a log-in page': { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Log in</html>' },
  };
  for (const [what, answer] of Object.entries(answers))
    test(`${what}: nothing lands, nothing is lost, and it lands when the server is well again`, () =>
      withUpload({ first: [answer] }, async (ferry) => {
        assert.equal((await ferry.invoke())?.batchItemFailures.length, 1);
        assert.equal(await ferry.depth(), 1);
        assert.deepEqual(await ferry.releases(), []);
        await ferry.invoke();
        assert.deepEqual(await ferry.releases(), ['Release apps/production/a.yaml']);
        assert.equal(await ferry.depth(), 0);
      }));
});

test('fault 40: a refused password is in no notice, no log and no message', () =>
  withUpload({ authorization: 'Basic other' }, async (ferry) => {
    const secret = 'hunter2-and-a-half';
    const authorization = `Basic ${Buffer.from(`ferry:${secret}`).toString('base64')}`;
    const remote = new SmartHttp({
      url: ferry.server.url,
      memory: newMemory(),
      credentials: async () => ({ authorization }),
    });
    await ferry.invoke({ deps: { remote } });
    const words = JSON.stringify(ferry.notices) + ferry.logged.join('\n');
    assert.match(words, /Stalled/u);
    for (const form of [secret, authorization.slice(6)]) assert.ok(!words.includes(form));
    assert.deepEqual(
      ferry.notices.map(({ type }) => type),
      ['Stalled'],
    );
  }));
