import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readTrailer } from '../../shared/git/trailers.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import {
  deployment,
  deployments,
  imageOf,
  pinned,
  policy,
  push,
  read,
  rules,
  sweepOnce,
  tellImage,
  workOff,
} from './images.ts';

const NAMES = ['twice', 'late', 'swapped', 'lost', 'moved', 'moving', 'echo', 'gone', 'listed', 'bare', 'hostile'];

describe('delivery of pushes', () => {
  let ferry: Ferry;
  before(async () => {
    ferry = await startFerry({}, deployments(NAMES), rules(...NAMES.map((name) => policy(name))));
    await tellImage(ferry, 'nobody');
    await workOff(ferry);
  });
  after(() => ferry.close());

  const messages = async (name: string): Promise<string[]> =>
    (await ferry.server.repository.git('log', '--format=%B%x00', `--grep=^Release ${name} `, 'main'))
      .split('\0')
      .slice(0, -1)
      .map((message) => message.trim());
  const released = async (name: string): Promise<string[]> =>
    (await messages(name)).map((message) => message.slice(0, message.indexOf('\n'))).reverse();
  const stands = (name: string): Promise<string> => read(ferry, `${name}/main.yaml`);

  test('fault 1: the same push twice in a batch, again later, twice at once: one commit', async () => {
    const digest = await push(ferry, 'twice', '1.1.0');
    for (let times = 0; times < 12; times += 1) await tellImage(ferry, 'twice', { tag: '1.1.0', digest });
    await Promise.all([ferry.invoke(), ferry.invoke()]);
    await workOff(ferry);
    await push(ferry, 'twice', '1.1.0');
    await workOff(ferry);
    assert.deepEqual(await released('twice'), ['Release twice 1.1.0']);
  });

  test('fault 2: older events after newer ones, in a batch and later: what is best now, once', async () => {
    const older = ferry.images.push(imageOf('late'), '1.1.0');
    await push(ferry, 'late', '1.2.0');
    await tellImage(ferry, 'late', { tag: '1.1.0', digest: older });
    await workOff(ferry);
    await tellImage(ferry, 'late', { tag: '1.1.0', digest: older });
    await workOff(ferry);
    assert.deepEqual(await released('late'), ['Release late 1.2.0']);
    assert.equal(await stands('late'), deployment(pinned('late', '1.2.0')));
  });

  test('fault 2: pushes of one tag told in the wrong order: what the tag points to, as the event of that push told it', async () => {
    const first = ferry.images.push(imageOf('swapped'), '1.1.0', 'first');
    const second = ferry.images.push(imageOf('swapped'), '1.1.0', 'second');
    await tellImage(ferry, 'swapped', { tag: '1.1.0', digest: second, publisher: 'ada', at: '2026-01-01T00:02:00Z' });
    await tellImage(ferry, 'swapped', { tag: '1.1.0', digest: first, publisher: 'eve', at: '2026-01-01T00:01:00Z' });
    await workOff(ferry);
    assert.equal(await stands('swapped'), deployment(pinned('swapped', '1.1.0', 'second')));
    const [message = ''] = await messages('swapped');
    assert.deepEqual(readTrailer(message, 'Gitferry-Publisher'), ['ada']);
    assert.deepEqual(readTrailer(message, 'Gitferry-Announced'), []);
    const [landed] = (await ferry.events()).filter(({ unit }) => unit === 'apps:swapped');
    assert.equal(landed?.changedAt, '2026-01-01T00:02:00Z');
  });

  test('fault 5: events that were never sent are found by the sweep, each policy by itself', async () => {
    for (const tag of ['1.1.0', '1.2.0', '1.1.5']) ferry.images.push(imageOf('lost'), tag);
    await sweepOnce(ferry);
    await sweepOnce(ferry);
    assert.deepEqual(await released('lost'), ['Release lost 1.2.0']);
  });

  test('fault 12: a tag that moved since its event: its present digest lands, both are recorded, nobody is blamed', async () => {
    const announced = ferry.images.push(imageOf('moved'), '1.1.0', 'as announced');
    const digest = ferry.images.push(imageOf('moved'), '1.1.0', 'as it is');
    await tellImage(ferry, 'moved', { tag: '1.1.0', digest: announced, publisher: 'eve' });
    await workOff(ferry);
    assert.equal(await stands('moved'), deployment(pinned('moved', '1.1.0', 'as it is')));
    const [message = ''] = await messages('moved');
    assert.deepEqual(readTrailer(message, 'Gitferry-Announced'), [announced]);
    assert.deepEqual(readTrailer(message, 'Gitferry-Content'), [digest]);
    assert.deepEqual(readTrailer(message, 'Gitferry-Publisher'), []);
    const [landed] = (await ferry.events()).filter(({ unit }) => unit === 'apps:moved');
    assert.deepEqual([landed?.content, landed?.publisher], [digest, null]);
  });

  test('fault 12: a tag that moves while it is pushed: what it points to in the end, though nobody tells', async () => {
    await push(ferry, 'moving', '1.1.0', 'before');
    const contents = ['between', 'after'];
    await ferry.invoke({
      around: async (effect, when) => {
        const content = effect === 'push' && when === 'before' ? contents.shift() : undefined;
        if (content !== undefined) ferry.images.push(imageOf('moving'), '1.1.0', content);
      },
    });
    assert.equal(await ferry.depth(), 0);
    assert.equal(await stands('moving'), deployment(pinned('moving', '1.1.0', 'after')));
  });

  test('fault 19: the digest that an event names never lands, unless the registry says so', async () => {
    await tellImage(ferry, 'echo', { tag: '9.9.9', digest: `sha256:${'e'.repeat(64)}` });
    await workOff(ferry);
    assert.deepEqual(await released('echo'), []);
  });

  test('fault 4: a tag that is gone before it is read: nothing, or the next best', async () => {
    await push(ferry, 'gone', '1.1.0');
    ferry.images.remove(imageOf('gone'), '1.1.0');
    await workOff(ferry);
    assert.deepEqual(await released('gone'), []);
    assert.match(ferry.logged.at(-1) ?? '', /the registry has no such image|no tag may land|is newer than/u);
    ferry.images.push(imageOf('gone'), '1.0.5');
    const digest = ferry.images.push(imageOf('gone'), '1.1.0');
    await tellImage(ferry, 'gone', { tag: '1.1.0', digest });
    ferry.images.remove(imageOf('gone'), '1.1.0');
    await workOff(ferry);
    assert.deepEqual(await released('gone'), ['Release gone 1.0.5']);
  });

  test('fault 4: a tag that is listed, and gone when its manifest is asked for: the next best', async () => {
    ferry.images.push(imageOf('listed'), '1.1.0');
    await push(ferry, 'listed', '1.2.0');
    const images = {
      tags: (image: string) => ferry.images.tags(image),
      peek: (image: string, tag: string) => ferry.images.peek(image, tag),
      resolve: async (image: string, asked: string) => {
        if (asked !== '1.2.0') return ferry.images.resolve(image, asked);
        ferry.images.remove(image, asked);
        return null;
      },
    };
    while ((await ferry.invoke({ deps: { images } })) !== null);
    assert.deepEqual(await released('listed'), ['Release listed 1.1.0']);
  });

  test('fault 11: an event without tag or digest says where to look, and that is enough', async () => {
    ferry.images.push(imageOf('bare'), '1.1.0');
    await tellImage(ferry, 'bare');
    await workOff(ferry);
    assert.deepEqual(await released('bare'), ['Release bare 1.1.0']);
    const [message = ''] = await messages('bare');
    assert.deepEqual(readTrailer(message, 'Gitferry-Announced'), []);
  });

  test('fault 37: what an event says of its publisher can add no line to a commit, and is one line of a log', async () => {
    const digest = ferry.images.push(imageOf('hostile'), '1.1.0');
    const publisher = 'eve\nGitferry-Release: 01JFORGED\u2028Gitferry-Ledger: 0';
    await tellImage(ferry, 'hostile', { tag: '1.1.0', digest, publisher });
    await workOff(ferry);
    const [message = ''] = await messages('hostile');
    assert.equal(readTrailer(message, 'Gitferry-Release').length, 1);
    assert.equal(readTrailer(message, 'Gitferry-Ledger').length, 1);
    assert.deepEqual(readTrailer(message, 'Gitferry-Publisher'), [
      'eve\\u000aGitferry-Release: 01JFORGED\\u2028Gitferry-Ledger: 0',
    ]);
  });
});
