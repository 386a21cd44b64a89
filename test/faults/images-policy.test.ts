import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { digestNamed } from '../simulation/memory-images.ts';
import {
  deployment,
  deployments,
  govern,
  imageOf,
  pinned,
  policy,
  push,
  read,
  revert,
  rules,
  sweepOnce,
  tellImage,
  workOff,
} from './images.ts';

const NAMES = [
  'broken',
  'latest',
  'mistake',
  'lowered',
  'narrowed',
  'emptied',
  'renamed',
  'moved',
  'marked',
  'globbed',
  'repinned',
  'retold',
  'dropped',
];

describe('which tag lands', () => {
  let ferry: Ferry;
  const policies = new Map(NAMES.map((name) => [name, policy(name)]));
  before(async () => {
    const marked = deployment(`${imageOf('marked')}:1.0.0`).replace('# kept', '# {"$imagepolicy": "apps:marked"}');
    const files = {
      ...deployments(NAMES),
      'globbed/deep/main.yaml': deployment(`${imageOf('globbed')}:1.0.0`),
      'marked/main.yaml': marked,
    };
    ferry = await startFerry({}, files, rules(...policies.values()));
    await tellImage(ferry, 'nobody');
    await workOff(ferry);
  });
  after(() => ferry.close());

  const stands = (name: string, path = `${name}/main.yaml`): Promise<string> => read(ferry, path);
  const land = async (name: string, ...tags: readonly string[]): Promise<void> => {
    for (const tag of tags) await push(ferry, name, tag);
    await workOff(ferry);
  };
  /** Changes the rule of one policy, and nothing else. */
  const rule = async (name: string, more: string | null): Promise<void> => {
    if (more === null) policies.delete(name);
    else policies.set(name, more.startsWith('  - ') ? more : policy(name, more));
    await govern(ferry, rules(...policies.values()));
    await workOff(ferry);
  };
  const releasesOf = async (name: string): Promise<string[]> =>
    (await ferry.releases()).filter((summary) => summary.startsWith(`Release ${name} `));
  const waiting = async (unit: string): Promise<unknown[]> =>
    (await ferry.events()).filter((event) => event.unit === unit && event.type === 'waiting');

  test('fault 44: 99.0.0 by mistake: taken back, the best of all others lands, and neither it nor its rebuild returns', async () => {
    await land('mistake', '1.1.0');
    await land('mistake', '99.0.0');
    await land('mistake', '1.2.0');
    assert.equal(await stands('mistake'), deployment(pinned('mistake', '99.0.0')), 'a lower one does not land');
    await revert(ferry.server.repository);
    await sweepOnce(ferry);
    assert.equal(await stands('mistake'), deployment(pinned('mistake', '1.2.0')));
    await push(ferry, 'mistake', '99.0.0', 'rebuilt');
    await workOff(ferry);
    await sweepOnce(ferry);
    assert.equal(await stands('mistake'), deployment(pinned('mistake', '1.2.0')));
    await land('mistake', '1.3.0');
    assert.deepEqual(
      await releasesOf('mistake'),
      ['1.1.0', '99.0.0', '1.2.0', '1.3.0'].map((tag) => `Release mistake ${tag}`),
    );
  });

  test('fault 44: what stands is never lowered, not even when its tag is gone from the registry', async () => {
    await land('lowered', '1.1.0', '1.2.0');
    ferry.images.remove(imageOf('lowered'), '1.2.0');
    await land('lowered', '1.1.5');
    await sweepOnce(ferry);
    assert.deepEqual(await releasesOf('lowered'), ['Release lowered 1.2.0']);
    assert.equal(await stands('lowered'), deployment(pinned('lowered', '1.2.0')));
  });

  test('a narrower range takes the next best, though it is lower; a wider one takes it back up', async () => {
    await land('narrowed', '1.9.0', '2.0.0');
    await rule('narrowed', 'policy: { semver: "<2.0.0" }');
    assert.equal(await stands('narrowed'), deployment(pinned('narrowed', '1.9.0')));
    await land('narrowed', '2.1.0');
    assert.equal(await stands('narrowed'), deployment(pinned('narrowed', '1.9.0')));
    await rule('narrowed', '');
    assert.equal(await stands('narrowed'), deployment(pinned('narrowed', '2.1.0')));
  });

  test('the digest of a moving tag: each that it points to, but what was taken back', async () => {
    await rule('latest', 'policy: { digest: latest }');
    const said = (content: string): string => deployment(pinned('latest', 'latest', content));
    for (const content of ['monday', 'tuesday']) {
      await push(ferry, 'latest', 'latest', content);
      await workOff(ferry);
      assert.equal(await stands('latest'), said(content));
    }
    await revert(ferry.server.repository);
    await push(ferry, 'latest', 'latest', 'tuesday');
    await workOff(ferry);
    await sweepOnce(ferry);
    assert.equal(await stands('latest'), said('monday'));
    await push(ferry, 'latest', 'latest', 'wednesday');
    await workOff(ferry);
    assert.equal(await stands('latest'), said('wednesday'));
    await push(ferry, 'latest', 'latest', 'tuesday');
    await workOff(ferry);
    assert.equal(await stands('latest'), said('wednesday'), 'though the tag points back to it');
  });

  test('a range that nothing is within leaves what stands', async () => {
    await land('emptied', '1.1.0');
    await rule('emptied', 'policy: { semver: ">=7.0.0" }');
    assert.equal(await stands('emptied'), deployment(pinned('emptied', '1.1.0')));
    await land('emptied', '7.0.0');
    assert.equal(await stands('emptied'), deployment(pinned('emptied', '7.0.0')));
  });

  test('another name: record and holds go on', async () => {
    await land('renamed', '1.1.0');
    await land('renamed', '1.2.0');
    await revert(ferry.server.repository);
    await rule('renamed', policy('renamed').replace('apps:renamed', 'apps:new-name'));
    await land('renamed', '1.2.0');
    await sweepOnce(ferry);
    assert.equal(await stands('renamed'), deployment(pinned('renamed', '1.1.0')));
    await land('renamed', '1.3.0');
    assert.equal(await stands('renamed'), deployment(pinned('renamed', '1.3.0')));
    assert.equal((await releasesOf('renamed')).length, 2, 'by the old name');
    await revert(ferry.server.repository);
    await tellImage(ferry, 'renamed');
    await workOff(ferry);
    assert.equal(await stands('renamed'), deployment(pinned('renamed', '1.1.0')), 'and what stood before it is known');
  });

  test('other files: what is new gets what stands, what is left out stays, and goes on when it is back', async () => {
    await rule('globbed', 'files: ["globbed/*.yaml"]');
    await land('globbed', '1.1.0');
    assert.equal(await stands('globbed', 'globbed/deep/main.yaml'), deployment(`${imageOf('globbed')}:1.0.0`));
    await rule('globbed', 'files: ["globbed/deep/*.yaml"]');
    assert.equal(await stands('globbed', 'globbed/deep/main.yaml'), deployment(pinned('globbed', '1.1.0')));
    await land('globbed', '1.2.0');
    assert.equal(await stands('globbed'), deployment(pinned('globbed', '1.1.0')));
    await rule('globbed', 'files: ["globbed/**"]');
    for (const path of ['globbed/main.yaml', 'globbed/deep/main.yaml'])
      assert.equal(await stands('globbed', path), deployment(pinned('globbed', '1.2.0')));
    assert.deepEqual(await waiting('apps:globbed'), []);
  });

  test('another pin writes what stands anew, in one commit', async () => {
    await land('repinned', '1.1.0');
    await rule('repinned', 'pin: tag');
    assert.equal(await stands('repinned'), deployment(`${imageOf('repinned')}:1.1.0`));
    await rule('repinned', '');
    assert.equal(await stands('repinned'), deployment(pinned('repinned', '1.1.0')));
  });

  test('a policy that goes leaves what stands, and goes on with its holds when it is back', async () => {
    await land('dropped', '1.1.0');
    await land('dropped', '1.2.0');
    await revert(ferry.server.repository);
    await rule('dropped', null);
    await land('dropped', '1.3.0');
    assert.equal(await stands('dropped'), deployment(pinned('dropped', '1.1.0')));
    ferry.images.remove(imageOf('dropped'), '1.3.0');
    await rule('dropped', '');
    assert.equal(await stands('dropped'), deployment(pinned('dropped', '1.1.0')));
    await land('dropped', '1.4.0');
    assert.equal(await stands('dropped'), deployment(pinned('dropped', '1.4.0')));
  });

  test('while gitferry.yaml is broken nothing lands and nothing is lost: mended, what came meanwhile lands', async () => {
    await land('broken', '1.1.0');
    await govern(ferry, 'images: [');
    await land('broken', '1.2.0');
    assert.equal(await stands('broken'), deployment(pinned('broken', '1.1.0')));
    await govern(ferry, rules(...policies.values()));
    await workOff(ferry);
    assert.equal(await stands('broken'), deployment(pinned('broken', '1.2.0')));
  });

  describe('another registry', () => {
    const elsewhere = (name: string): string => `registry.example.org/shop/${name}`;
    const move = (name: string): Promise<void> => rule(name, policy(name).replace(imageOf(name), elsewhere(name)));

    test('where references are named by their image: what people move goes on from there', async () => {
      await land('moved', '1.1.0');
      const digest = ferry.images.push(elsewhere('moved'), '1.1.0', `${imageOf('moved')}:1.1.0`);
      const text = deployment(`${elsewhere('moved')}:1.1.0@${digest}`);
      await ferry.server.repository.commit({ 'moved/main.yaml': text });
      await move('moved');
      assert.equal(await stands('moved'), text);
      const next = ferry.images.push(elsewhere('moved'), '1.2.0');
      await tellImage(ferry, 'moved', { image: elsewhere('moved') });
      await workOff(ferry);
      assert.equal(await stands('moved'), deployment(`${elsewhere('moved')}:1.2.0@${next}`));
      assert.deepEqual(await waiting('apps:moved'), []);
    });

    test('where people write the other name and the old tag: it is pinned, and goes on from there', async () => {
      await land('retold', '1.1.0');
      const digest = ferry.images.push(elsewhere('retold'), '1.1.0', 'built for the other registry');
      await ferry.server.repository.commit({ 'retold/main.yaml': deployment(`${elsewhere('retold')}:1.1.0`) });
      await move('retold');
      assert.equal(await stands('retold'), deployment(`${elsewhere('retold')}:1.1.0@${digest}`));
      assert.deepEqual(await waiting('apps:retold'), []);
    });

    test('where they are marked: nothing is written that the other registry does not have', async () => {
      await land('marked', '1.1.0');
      const before = await stands('marked');
      assert.match(before, new RegExp(pinned('marked', '1.1.0'), 'u'));
      ferry.images.push(elsewhere('marked'), '1.0.5');
      await move('marked');
      assert.equal(await stands('marked'), before);
      const digest = ferry.images.push(elsewhere('marked'), '1.1.0', 'built for the other registry');
      await tellImage(ferry, 'marked', { image: elsewhere('marked') });
      await workOff(ferry);
      assert.equal(
        await stands('marked'),
        before.replace(pinned('marked', '1.1.0'), `${elsewhere('marked')}:1.1.0@${digest}`),
      );
      assert.notEqual(digest, digestNamed(`${imageOf('marked')}:1.1.0`));
    });
  });
});
