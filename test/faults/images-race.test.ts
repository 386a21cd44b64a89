import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { digestOf } from '../../functions/mirror/files/content.ts';
import { type Ferry, LEDGER, startFerry } from '../servers/ferry.ts';
import type { GitServerOptions } from '../servers/git-server.ts';
import { BUCKET } from '../servers/stack.ts';
import { digestNamed } from '../simulation/memory-images.ts';
import {
  deployment,
  deployments,
  imageOf,
  pinned,
  policy,
  push,
  read,
  revert,
  rules,
  tellImage,
  toldSince,
  workOff,
} from './images.ts';

const NAMES = ['edited', 'reverted', 'beside', 'better', 'parted', 'together', 'two'];

async function start(options: GitServerOptions = {}): Promise<Ferry> {
  const releases = `releases:\n  - { bucket: ${BUCKET}, prefix: together/ }\n`;
  const ferry = await startFerry(options, deployments(NAMES), rules(...NAMES.map((name) => policy(name))) + releases);
  await tellImage(ferry, 'nobody');
  await workOff(ferry);
  return ferry;
}

/** One invocation; just before its first push someone else does this. */
async function onePushAhead(ferry: Ferry, act: () => Promise<unknown>): Promise<void> {
  let first = true;
  await ferry.invoke({
    around: async (effect, when) => {
      if (effect !== 'push' || when !== 'before' || !first) return;
      first = false;
      await act();
    },
  });
  assert.equal(await ferry.depth(), 0);
}

for (const atomic of [true, false])
  describe(`fault 38: others are ahead of an image, ${atomic ? 'with' : 'without'} atomic`, () => {
    let ferry: Ferry;
    before(async () => {
      ferry = await start({ atomic });
    });
    after(() => ferry.close());
    const stands = (name: string): Promise<string> => read(ferry, `${name}/main.yaml`);
    const commit = (name: string, text: string): Promise<string> =>
      ferry.server.repository.commit({ [`${name}/main.yaml`]: text }, 'main', 'By a person');

    test('a person edits the reference first: it waits, and is told', async () => {
      await push(ferry, 'edited', '1.1.0');
      await workOff(ferry);
      await push(ferry, 'edited', '1.2.0');
      const told = ferry.notices.length;
      await onePushAhead(ferry, () => commit('edited', deployment(`${imageOf('edited')}:debug`)));
      assert.equal(await stands('edited'), deployment(`${imageOf('edited')}:debug`));
      assert.deepEqual(toldSince(ferry, told), ['Waiting PlaceEdited']);
    });

    test('a person takes the present one back first: what is newer lands on that, and the other stays away', async () => {
      await push(ferry, 'reverted', '1.1.0');
      await workOff(ferry);
      await push(ferry, 'reverted', '1.2.0');
      await onePushAhead(ferry, () => revert(ferry.server.repository));
      assert.equal(await stands('reverted'), deployment(pinned('reverted', '1.2.0')));
      await revert(ferry.server.repository);
      await push(ferry, 'reverted', '1.1.0');
      await workOff(ferry);
      assert.equal(await stands('reverted'), deployment(`${imageOf('reverted')}:1.0.0`));
    });

    test('a person changes another line of the file first: both stand', async () => {
      await push(ferry, 'beside', '1.1.0');
      await onePushAhead(ferry, () => commit('beside', `# mine\n${deployment(`${imageOf('beside')}:1.0.0`)}`));
      assert.equal(await stands('beside'), `# mine\n${deployment(pinned('beside', '1.1.0'))}`);
    });

    test('a person is ahead, and a better tag comes meanwhile: only that lands', async () => {
      await push(ferry, 'better', '1.1.0');
      await onePushAhead(ferry, async () => {
        await commit('better', `# mine\n${deployment(`${imageOf('better')}:1.0.0`)}`);
        ferry.images.push(imageOf('better'), '1.2.0');
      });
      assert.deepEqual(
        (await ferry.releases()).filter((summary) => summary.includes('better')),
        ['Release better 1.2.0'],
      );
    });

    test('two invocations at once: each image once, in one line', async () => {
      for (let times = 0; times < 20; times += 1) await push(ferry, times % 2 ? 'two' : 'together', '1.1.0');
      await Promise.all([ferry.invoke(), ferry.invoke()]);
      await workOff(ferry);
      const releases = await ferry.releases();
      for (const name of ['two', 'together'])
        assert.equal(releases.filter((summary) => summary === `Release ${name} 1.1.0`).length, 1);
      assert.equal(await ferry.server.repository.git('rev-list', '--min-parents=2', '--all'), '');
    });
  });

test('fault 38: the answer to a push is lost: one commit, told', async () => {
  const options: GitServerOptions = {};
  const ferry = await start(options);
  try {
    const told = ferry.notices.length;
    await push(ferry, 'edited', '1.1.0');
    options.dropPushes = 1;
    await workOff(ferry);
    assert.equal(options.dropPushes, 0);
    assert.deepEqual(await ferry.releases(), ['Release edited 1.1.0']);
    assert.deepEqual([...new Set(toldSince(ferry, told))], ['Landed Release edited 1.1.0']);
  } finally {
    await ferry.close();
  }
});

test('fault 41a: a server parts releases from their record: they are taken in, and can be taken back', async () => {
  const ferry = await start({ atomic: false });
  const hook = join(ferry.server.repository.dir, 'hooks/update');
  try {
    await writeFile(hook, `#!/bin/sh\ncase "$1" in ${LEDGER}) exit 1;; esac\n`, { mode: 0o755 });
    await push(ferry, 'parted', '1.1.0');
    const digest = digestNamed(`${imageOf('together')}:1.1.0`);
    await ferry.put(
      'together/1.release.yaml',
      `apiVersion: gitferry.dev/v1
kind: Release
objects: [{ key: config/a.yaml, sha256: ${digestOf(Buffer.from('a: 1\n')).slice(7)} }]
images: [{ image: "${imageOf('together')}:1.1.0", digest: "${digest}" }]
`,
    );
    await ferry.put('config/a.yaml', 'a: 1\n');
    await ferry.tell('together/1.release.yaml', 'config/a.yaml');
    await push(ferry, 'together', '1.1.0');
    assert.equal((await ferry.invoke())?.batchItemFailures.length, 4);
    assert.deepEqual((await ferry.releases()).toSorted(), ['Release 1', 'Release parted 1.1.0']);
    assert.deepEqual(await ferry.events(), [], 'the ledger does not know');

    await rm(hook);
    await workOff(ferry);
    assert.equal((await ferry.releases()).length, 2);
    const landed = (await ferry.events()).filter(({ type }) => type === 'landed').map(({ unit }) => unit);
    assert.deepEqual(landed.toSorted(), [
      'apps:parted',
      'apps:together',
      `s3://${BUCKET}/config/#a.yaml`,
      `s3://${BUCKET}/together/#1.release.yaml`,
    ]);
    const [first = '', second = ''] = (await ferry.server.repository.git('rev-list', '-2', 'main')).split('\n');
    for (const commit of [first, second]) await revert(ferry.server.repository, commit);
    for (const name of ['parted', 'together']) await push(ferry, name, '1.1.0');
    await ferry.tell('together/1.release.yaml', 'config/a.yaml');
    await workOff(ferry);
    assert.equal((await ferry.releases()).length, 2, 'they stay away');
    for (const name of ['parted', 'together'])
      assert.equal(await read(ferry, `${name}/main.yaml`), deployment(`${imageOf(name)}:1.0.0`));
  } finally {
    await ferry.close();
  }
});
