import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Retryable } from '../../shared/errors.ts';
import type { Images } from '../../shared/source/images.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { tgz } from '../simulation/archives.ts';
import { deployments, imageOf, policy, push, read, rules, tellImage, workOff } from './images.ts';

const NAMES = Array.from({ length: 30 }, (_, index) => `app-${index}`);

describe('invariant 4: a burst of pushes', () => {
  let ferry: Ferry;
  before(async () => {
    ferry = await startFerry({}, deployments(NAMES), rules(...NAMES.map((name) => policy(name))));
    await tellImage(ferry, 'nobody');
    await workOff(ferry);
  });
  after(() => ferry.close());

  /** The summaries of the releases since a commit, oldest first; each changes just its own file. */
  async function landed(since: string): Promise<string[]> {
    const { repository } = ferry.server;
    const log = await repository.git('log', '--reverse', '--format=%x00%s', '--name-only', `${since}..main`);
    return log
      .split('\0')
      .slice(1)
      .map((entry) => {
        const [summary = '', ...paths] = entry.split('\n').filter((line) => line !== '');
        const [, name = ''] = summary.split(' ');
        assert.deepEqual(paths, [`${name}/main.yaml`], summary);
        return summary;
      });
  }

  /** Where branch and count of pushes are. */
  async function now(): Promise<{ readonly tip: string; readonly pushes: number }> {
    return { tip: await ferry.server.repository.git('rev-parse', 'main'), pushes: ferry.pushes() };
  }

  const all = (tag: string): string[] => NAMES.map((name) => `Release ${name} ${tag}`).sort();

  test('that come together are one push and a commit each; one poison among them only loses itself', async () => {
    const before = await now();
    for (const name of NAMES) await push(ferry, name, '1.1.0');
    await ferry.send('{"neither": "event nor change"}');
    const told = ferry.notices.length;
    await workOff(ferry);
    assert.deepEqual((await landed(before.tip)).sort(), all('1.1.0'));
    assert.equal(ferry.pushes() - before.pushes, 1);
    const types = ferry.notices.slice(told).map(({ type, detail }) => detail.reason ?? type);
    assert.deepEqual(
      types.filter((type) => type !== 'Landed'),
      ['EventUnknown'],
    );
    assert.equal(await ferry.depth(), 0);
  });

  test('that trickle in while the first of them are looked at are one push, too', async () => {
    const before = await now();
    const late = NAMES.slice(11);
    for (const name of NAMES.slice(0, 11)) await push(ferry, name, '1.2.0');
    // While the invocation waits for the end of the burst, the next five come.
    const pause = async (): Promise<void> => {
      for (const name of late.splice(0, 5)) await push(ferry, name, '1.2.0');
    };
    await ferry.invoke({ deps: { pause } });
    assert.deepEqual((await landed(before.tip)).sort(), all('1.2.0'));
    assert.equal(ferry.pushes() - before.pushes, 1);
    assert.equal(await ferry.depth(), 0);
  });

  test('that never ends is not waited for longer than two seconds', async () => {
    let waited = 0;
    const pause = async (milliseconds: number): Promise<void> => {
      waited += milliseconds;
      await tellImage(ferry, 'app-0');
    };
    for (const name of NAMES.slice(0, 11)) await push(ferry, name, '1.3.0');
    await ferry.invoke({ deps: { pause } });
    assert.equal(waited, 2000);
    assert.equal((await ferry.releases()).filter((summary) => / 1\.3\.0$/u.test(summary)).length, 11);
    await workOff(ferry);
  });

  test('of which one image can not be read: the others land, its message alone stays, and lands later', async () => {
    const before = await now();
    const images: Images = {
      tags: async (image) => {
        if (image === imageOf('app-7')) throw new Retryable('RegistryUnavailable', 'It is down.');
        return ferry.images.tags(image);
      },
      peek: (image, tag) => ferry.images.peek(image, tag),
      resolve: (image, asked) => ferry.images.resolve(image, asked),
    };
    for (const name of NAMES) await push(ferry, name, '1.4.0');
    await ferry.put('config/beside.yaml', 'a: 1\n');
    await ferry.tell('config/beside.yaml');
    await ferry.invoke({ deps: { images } });
    assert.equal(await ferry.depth(), 1);
    assert.equal(await read(ferry, 'apps/production/beside.yaml'), 'a: 1\n');
    assert.equal((await ferry.releases()).filter((summary) => / 1\.4\.0$/u.test(summary)).length, 29);
    await workOff(ferry);
    assert.equal((await ferry.releases()).at(-1), 'Release app-7 1.4.0');
    assert.equal(ferry.pushes() - before.pushes, 2);
  });

  test('beside more than a batch may unpack: all of it lands, in the pushes that it takes', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `config/many/${index}.tgz`);
    for (const [index, key] of keys.entries())
      await ferry.put(key, await tgz({ [`${index}.yaml`]: `# ${' '.repeat(2000)}\nindex: ${index}\n` }));
    await ferry.tell(...keys);
    await push(ferry, 'app-9', '1.5.0');
    const pushes = ferry.pushes();
    await workOff(ferry, { deps: { budget: { units: 1000, bytes: 15_000 } } });
    const tree = [...(await ferry.server.repository.list()).keys()];
    assert.equal(tree.filter((path) => path.startsWith('apps/production/many/')).length, keys.length);
    assert.ok((await ferry.releases()).includes('Release app-9 1.5.0'));
    assert.ok(ferry.pushes() - pushes > 1);
  });
});
