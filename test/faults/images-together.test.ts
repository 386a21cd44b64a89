import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { digestOf } from '../../functions/mirror/files/content.ts';
import { type FerryError, Rejected, Retryable, Stalled } from '../../shared/errors.ts';
import type { Images } from '../../shared/source/images.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
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
  sweepOnce,
  toldSince,
  workOff,
} from './images.ts';

const NAMES = ['down', 'forged', 'denied', 'lost', 'withdrawn', 'other', 'twice', 'reverted'];

describe('a release file in trouble', () => {
  let ferry: Ferry;
  let told = 0;
  before(async () => {
    const releases = `releases:\n  - { bucket: ${BUCKET}, prefix: together/ }\n`;
    ferry = await startFerry({}, deployments(NAMES), rules(...NAMES.map((name) => policy(name))) + releases);
    await ferry.tell('config/none.yaml');
    await workOff(ferry);
  });
  after(() => ferry.close());
  beforeEach(() => {
    told = ferry.notices.length;
  });

  const textOf = (name: string): string => `name: ${name}\n`;
  const releaseFile = (name: string): string => `apiVersion: gitferry.dev/v1
kind: Release
objects: [{ key: config/${name}.yaml, sha256: ${digestOf(Buffer.from(textOf(name))).slice(7)} }]
images: [{ image: "${imageOf(name)}:1.1.0", digest: "${digestNamed(`${imageOf(name)}:1.1.0`)}" }]
`;
  async function upload(key: string, text: string): Promise<void> {
    await ferry.put(key, text);
    await ferry.tell(key);
  }
  /** The release file of a name, and all that it names. */
  async function drop(name: string): Promise<void> {
    await upload(`together/${name}.release.yaml`, releaseFile(name));
    await upload(`config/${name}.yaml`, textOf(name));
    await push(ferry, name, '1.1.0');
  }
  /** A registry that fails for one image. */
  const failing = (name: string, error: FerryError): Images => {
    const answer = <T>(image: string, work: () => Promise<T>): Promise<T> =>
      image === imageOf(name) ? Promise.reject(error) : work();
    return {
      tags: (image) => answer(image, () => ferry.images.tags(image)),
      peek: (image, tag) => answer(image, () => ferry.images.peek(image, tag)),
      resolve: (image, asked) => answer(image, () => ferry.images.resolve(image, asked)),
    };
  };
  const landedAlone = async (name: string): Promise<void> => {
    const releases = await ferry.releases();
    assert.deepEqual(
      releases.filter((summary) => summary.includes(name)),
      [`Release ${name}`],
    );
    assert.equal(await read(ferry, `${name}/main.yaml`), deployment(pinned(name, '1.1.0')));
    assert.equal(await read(ferry, `apps/production/${name}.yaml`), textOf(name));
  };
  const landedNothing = async (name: string): Promise<void> => {
    assert.deepEqual(
      (await ferry.releases()).filter((summary) => summary.includes(name)),
      [],
    );
    assert.equal(await read(ferry, `${name}/main.yaml`), deployment(`${imageOf(name)}:1.0.0`));
    assert.ok(!(await ferry.server.repository.list()).has(`apps/production/${name}.yaml`));
  };

  test('its registry is down: all of it waits, others land, and it lands whole when it is over', async () => {
    await drop('down');
    await push(ferry, 'other', '1.1.0');
    const images = failing('down', new Retryable('RegistryUnavailable', 'It is down.', { retryAfter: 42 }));
    await ferry.invoke({ deps: { images } });
    await landedNothing('down');
    assert.equal(await read(ferry, 'other/main.yaml'), deployment(pinned('other', '1.1.0')));
    assert.equal(await ferry.depth(), 3);
    assert.deepEqual(ferry.postponed.splice(0), [42, 42, 42]);
    await workOff(ferry);
    await landedAlone('down');
  });

  test('its registry lets nobody in: told, and it lands whole later', async () => {
    await drop('denied');
    await ferry.invoke({ deps: { images: failing('denied', new Stalled('RegistryDenied', 'No.')) } });
    assert.deepEqual(toldSince(ferry, told), ['Stalled RegistryDenied']);
    await landedNothing('denied');
    await workOff(ferry);
    await landedAlone('denied');
  });

  test('what its registry serves is not what it says: rejected as a whole, told once, with a note beside', async () => {
    await drop('forged');
    const images = failing('forged', new Rejected('ManifestDigestWrong', 'It is forged.'));
    await workOff(ferry, { deps: { images } });
    assert.deepEqual(
      toldSince(ferry, told)
        .filter((one) => one.includes('Digest'))
        .slice(0, 1),
      ['Rejected ManifestDigestWrong'],
    );
    const own = ferry.notices.slice(told).filter(({ detail }) => `${detail.unit}`.includes('forged.release.yaml'));
    assert.deepEqual(
      own.map(({ type, detail }) => `${type} ${detail.reason}`),
      ['Rejected ManifestDigestWrong'],
    );
    assert.match((await ferry.object('gitferry-rejected/together/forged.release.yaml.test.json')) ?? '', /forged/u);
    await upload('config/forged.yaml', textOf('forged'));
    await push(ferry, 'forged', '1.1.0');
    await workOff(ferry);
    await landedNothing('forged');
  });

  test('too large to be read: rejected and told, not passed over', async () => {
    await upload('together/large.release.yaml', `# ${'x'.repeat(300_000)}\n${releaseFile('other')}`);
    await workOff(ferry);
    assert.deepEqual(toldSince(ferry, told), ['Rejected ObjectTooLarge']);
    await ferry.tell('together/large.release.yaml');
    await sweepOnce(ferry);
    assert.equal(toldSince(ferry, told).length, 1, 'once');
  });

  test('fault 5: none of its events was sent: the sweep finds it', async () => {
    await ferry.put('together/lost.release.yaml', releaseFile('lost'));
    await ferry.put('config/lost.yaml', textOf('lost'));
    ferry.images.push(imageOf('lost'), '1.1.0');
    await sweepOnce(ferry);
    await landedAlone('lost');
  });

  test('taken away before it was complete: what it named lands by itself', async () => {
    await upload('together/withdrawn.release.yaml', releaseFile('withdrawn'));
    await push(ferry, 'withdrawn', '1.1.0');
    await workOff(ferry);
    await landedNothing('withdrawn');
    await ferry.remove('together/withdrawn.release.yaml');
    await ferry.tell('together/withdrawn.release.yaml');
    await upload('config/withdrawn.yaml', textOf('withdrawn'));
    await workOff(ferry);
    await sweepOnce(ferry);
    assert.deepEqual(
      (await ferry.releases()).filter((summary) => summary.includes('withdrawn')),
      ['Release apps/production/withdrawn.yaml', 'Release withdrawn 1.1.0'],
    );
  });

  test('two that name the same: the first lands it, the second has nothing left to do', async () => {
    await upload('together/twice-2.release.yaml', releaseFile('twice'));
    await drop('twice');
    await workOff(ferry);
    const releases = (await ferry.releases()).filter((summary) => summary.includes('twice'));
    assert.equal(releases.length, 1, releases.join());
    const decided = (await ferry.events()).filter(({ unit }) => /#twice(?:-2)?\.release/u.test(`${unit}`));
    assert.deepEqual(decided.map(({ type }) => type).toSorted(), ['adopted', 'landed'], 'both are in the ledger');
    await sweepOnce(ferry);
    assert.equal(await ferry.depth(), 0);
    assert.equal((await ferry.releases()).filter((summary) => summary.includes('twice')).length, 1);
  });

  test('reverted: nothing of it returns, by no event and no upload; what is newer lands', async () => {
    await drop('reverted');
    await workOff(ferry);
    await landedAlone('reverted');
    await revert(ferry.server.repository);
    await drop('reverted');
    await upload('together/again.release.yaml', releaseFile('reverted'));
    await workOff(ferry);
    await sweepOnce(ferry);
    assert.equal(await read(ferry, 'reverted/main.yaml'), deployment(`${imageOf('reverted')}:1.0.0`));
    assert.ok(!(await ferry.server.repository.list()).has('apps/production/reverted.yaml'));
    await upload('config/reverted.yaml', 'name: newer\n');
    await push(ferry, 'reverted', '1.2.0');
    await workOff(ferry);
    assert.equal(await read(ferry, 'reverted/main.yaml'), deployment(pinned('reverted', '1.2.0')));
    assert.equal(await read(ferry, 'apps/production/reverted.yaml'), 'name: newer\n');
  });
});
