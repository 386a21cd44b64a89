import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { formatChange } from '../../shared/change/own.ts';
import type { Images } from '../../shared/source/images.ts';
import { ociRegistry } from '../../shared/source/registry.ts';
import type { Canned } from '../servers/fake-registry.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { type ImageRegistry, imageRegistry, type Trouble } from '../servers/image-registry.ts';
import { CONFIG } from '../servers/stack.ts';
import { deployment, govern, read, sweepOnce } from './images.ts';

const SOUND = 'sound';
const BROKEN = [
  'down',
  'slow-down',
  'denied',
  'other',
  'forged',
  'alone',
  'unlisted',
  'headless',
  'carried',
  'first',
  'inside',
];
const always =
  (canned: Canned | null): Trouble =>
  () =>
    canned;

describe('a registry in trouble', () => {
  let registry: ImageRegistry;
  let ferry: Ferry;
  let images: Images;
  let told = 0;
  const imageOf = (name: string): string => `${registry.host}/acme/${name}`;
  /** gitferry.yaml, with these images beside the usual. */
  const rulesWith = (...others: readonly string[]): string => {
    const all = [
      ...[SOUND, ...BROKEN].map((name) => [name, imageOf(name)] as const),
      ...others.map((one) => [one.slice(one.lastIndexOf('/') + 1), one] as const),
    ];
    const lines = all.map(
      ([name, image]) =>
        `  - { image: "${image}", name: "apps:${name}", policy: { semver: "*" }, files: ["${name}/**", "apps/**"] }\n`,
    );
    return `${CONFIG}images:\n${lines.join('')}`;
  };
  const written = (name: string, tag: string, digest: string): string =>
    deployment(`${imageOf(name)}:${tag}@${digest}`);

  before(async () => {
    registry = await imageRegistry();
    images = ociRegistry({ privateRegistries: [registry.host] });
    const files = [SOUND, ...BROKEN].map((name) => [`${name}/main.yaml`, deployment(`${imageOf(name)}:1.0.0`)]);
    ferry = await startFerry({}, Object.fromEntries(files), rulesWith());
    await ferry.send(formatChange({ kind: 'config' }));
    await invoke();
  });
  after(async () => {
    await ferry.close();
    await registry[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    told = ferry.notices.length;
    ferry.postponed.length = 0;
  });
  afterEach(async () => {
    for (const name of BROKEN) fail(name, null);
    await ferry.purge();
  });

  /** A push, and its event. Answers the digest. */
  async function push(name: string, tag: string, content?: string): Promise<string> {
    const digest = registry.push(`acme/${name}`, tag, content);
    await ferry.send(formatChange({ kind: 'image', image: imageOf(name), tag, digest }));
    return digest;
  }
  const fail = (name: string, trouble: Trouble | null): void => registry.fail(`acme/${name}`, trouble);
  const stands = (name: string): Promise<string> => read(ferry, `${name}/main.yaml`);
  const news = (): string[] =>
    ferry.notices.slice(told).map(({ type, detail }) => `${type} ${detail.reason ?? detail.summary}`);

  /** An invocation that has time for some rounds, not for ever. */
  async function invoke(): Promise<void> {
    let left = 60_000;
    await ferry.invoke({ deps: { images, remaining: () => (left -= 1000) } });
  }

  /** One among whose messages are a sound image and a file, too: both land, whatever becomes of the others. */
  async function invokeBeside(version: string): Promise<void> {
    const digest = await push(SOUND, version);
    await ferry.put('config/beside.yaml', `version: ${version}\n`);
    await ferry.tell('config/beside.yaml');
    await invoke();
    assert.equal(await stands(SOUND), written(SOUND, version, digest));
    assert.equal(await read(ferry, 'apps/production/beside.yaml'), `version: ${version}\n`);
  }

  const OUTAGES: Readonly<Record<string, Canned | null>> = {
    'an outage': { status: 503 },
    'a reset connection': null,
    'an answer that ends early': { body: '{"tags": [', cut: true },
  };
  for (const [index, [what, canned]] of Object.entries(OUTAGES).entries())
    test(`${what}: the others of the batch land, its message stays, and lands when it is over`, async () => {
      fail('down', always(canned));
      const digest = await push('down', `1.1.${index}`);
      await invokeBeside(`1.1.${index}`);
      assert.equal(await ferry.depth(), 1);
      assert.deepEqual(ferry.postponed, [30]);
      assert.ok(
        news().every((one) => one.startsWith('Landed')),
        news().join(),
      );
      fail('down', null);
      await invoke();
      assert.equal(await stands('down'), written('down', `1.1.${index}`, digest));
      assert.equal(await ferry.depth(), 0);
    });

  test('429 with Retry-After: the message is put off for as long as the registry asks', async () => {
    fail('slow-down', always({ status: 429, headers: { 'retry-after': '37' } }));
    const digest = await push('slow-down', '1.1.0');
    await invokeBeside('1.2.0');
    assert.deepEqual(ferry.postponed, [37]);
    fail('slow-down', null);
    await invoke();
    assert.equal(await stands('slow-down'), written('slow-down', '1.1.0', digest));
  });

  test('401 and 403: stalled, told once for each image, the messages stay, and land once it lets us in', async () => {
    fail('denied', always({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }));
    fail('other', always({ status: 403 }));
    const digests = [await push('denied', '1.1.0'), await push('other', '1.1.0')];
    await invokeBeside('1.3.0');
    assert.equal(await ferry.depth(), 2);
    await invoke();
    const stalls = ferry.notices.slice(told).filter(({ type }) => type === 'Stalled');
    assert.deepEqual([...new Set(stalls.map(({ detail }) => detail.reason))], ['RegistryDenied']);
    assert.equal(new Set(stalls.map(({ detail }) => detail.message)).size, 2);
    assert.equal(new Set(stalls.map(({ detail }) => detail.id)).size, 2, 'an id for each, so that each is told once');
    for (const name of ['denied', 'other']) fail(name, null);
    await invoke();
    assert.equal(await stands('denied'), written('denied', '1.1.0', digests[0] ?? ''));
    assert.equal(await stands('other'), written('other', '1.1.0', digests[1] ?? ''));
  });

  test('a manifest that is not what its digest says: rejected, told once, and the next best lands', async () => {
    const best = registry.push('acme/forged', '1.1.0');
    fail('forged', ({ path }) =>
      path.endsWith('/manifests/1.2.0')
        ? { body: '{"schemaVersion":2}', headers: { 'docker-content-digest': `sha256:${'0'.repeat(64)}` } }
        : undefined,
    );
    await push('forged', '1.2.0');
    await invokeBeside('1.4.0');
    assert.equal(await ferry.depth(), 0);
    await push('forged', '1.2.0');
    await invokeBeside('1.4.1');
    assert.equal(await stands('forged'), written('forged', '1.1.0', best));
    assert.deepEqual(
      news().filter((one) => !one.startsWith('Landed')),
      ['Rejected ManifestDigestWrong'],
    );
    fail('forged', null);
    const digest = await push('forged', '1.2.0');
    await invokeBeside('1.4.2');
    assert.equal(await stands('forged'), written('forged', '1.2.0', digest));
  });

  test('the same with no other tag: nothing lands', async () => {
    fail('alone', ({ path }) => (path.includes('/manifests/') ? { body: 'no JSON' } : undefined));
    await push('alone', '1.1.0');
    await invokeBeside('1.5.0');
    assert.equal(await ferry.depth(), 0);
    assert.equal(await stands('alone'), deployment(`${imageOf('alone')}:1.0.0`));
    assert.deepEqual(
      news().filter((one) => !one.startsWith('Landed')),
      ['Rejected ManifestInvalid'],
    );
  });

  test('a list of tags that is none: rejected, told once, done with', async () => {
    fail('unlisted', ({ path }) => (path.includes('/tags/list') ? { body: '<<<' } : undefined));
    await push('unlisted', '1.1.0');
    await invokeBeside('1.6.0');
    assert.equal(await ferry.depth(), 0, 'asking again would change nothing');
    await push('unlisted', '1.1.0');
    await invokeBeside('1.6.1');
    assert.deepEqual(
      news().filter((one) => !one.startsWith('Landed')),
      ['Rejected TagsInvalid'],
    );
  });

  test('a registry that answers no HEAD: what was read lands once, it is told, and the invocation ends', async () => {
    fail('headless', ({ method }) => (method === 'HEAD' ? { status: 405 } : undefined));
    const digest = await push('headless', '1.1.0');
    const asked = registry.asked.length;
    await invokeBeside('1.7.0');
    assert.equal(await stands('headless'), written('headless', '1.1.0', digest));
    assert.ok(registry.asked.length - asked < 20, `${registry.asked.length - asked} requests`);
    assert.equal(await ferry.depth(), 1);
    assert.ok(news().includes('Stalled RegistryAnswerUnexpected'));
    fail('headless', null);
    await invoke();
    assert.equal(await ferry.depth(), 0);
    assert.equal((await ferry.releases()).filter((summary) => summary === 'Release headless 1.1.0').length, 1);
  });

  test('an outage between the look and the look after the push: landed once, and looked at again', async () => {
    const digest = await push('first', '1.1.0');
    await ferry.invoke({
      deps: { images },
      around: async (effect) => {
        if (effect === 'push') fail('first', always({ status: 503 }));
      },
    });
    assert.equal(await stands('first'), written('first', '1.1.0', digest));
    assert.equal(await ferry.depth(), 1);
    registry.push('acme/first', '1.2.0');
    fail('first', null);
    await invoke();
    assert.equal((await ferry.releases()).at(-1), 'Release first 1.2.0');
  });

  test('a registry that never answers holds up the others once, however many images it has', async () => {
    const silent = await imageRegistry();
    try {
      const names = Array.from({ length: 80 }, (_, index) => `acme/silent-${index}`);
      for (const name of names) silent.fail(name, () => new Promise<never>(() => {}));
      await govern(ferry, rulesWith(...names.map((name) => `${silent.host}/${name}`)));
      let left = 60_000;
      const slow = ociRegistry({ privateRegistries: [registry.host, silent.host], remaining: () => 200 });
      await push(SOUND, '1.8.0');
      await ferry.invoke({ deps: { images: slow, remaining: () => (left -= 1000) } });
      assert.match(await stands(SOUND), /:1\.8\.0@/u);
      const asked = silent.asked.length;
      assert.ok(asked <= 40, `${asked} requests`);
      let looked = 0;
      await sweepOnce(ferry, {
        images: {
          ...slow,
          tags: (image) => {
            looked += Number(image.startsWith(silent.host));
            return slow.tags(image);
          },
        },
        work: false,
      });
      assert.equal(looked, 1, 'neither does the sweep wait for each of them');
    } finally {
      await govern(ferry, rulesWith());
      await invoke();
      await silent[Symbol.asyncDispose]();
    }
  });

  test('files that name an image land while its registry is down: with what stands, or as they came', async () => {
    const digest = await push('carried', '1.1.0');
    await invoke();
    fail('carried', always({ status: 503 }));
    fail('inside', always({ status: 503 }));
    for (const name of ['carried', 'inside'])
      await ferry.put(`config/${name}.yaml`, deployment(`${imageOf(name)}:1.0.0`));
    await ferry.tell('config/carried.yaml', 'config/inside.yaml');
    await invoke();
    assert.equal(await ferry.depth(), 0, 'the files are done with');
    assert.equal(await read(ferry, 'apps/production/carried.yaml'), written('carried', '1.1.0', digest));
    assert.equal(await read(ferry, 'apps/production/inside.yaml'), deployment(`${imageOf('inside')}:1.0.0`));
    for (const name of ['carried', 'inside']) fail(name, null);
    const best = registry.push('acme/inside', '1.1.0');
    await sweepOnce(ferry, { images });
    assert.equal(await read(ferry, 'apps/production/inside.yaml'), written('inside', '1.1.0', best));
  });

  test('fault 45: an address inside a network that nobody listed is told, and no connection is made to it', async () => {
    const { connections } = registry;
    const before = registry.asked.length;
    registry.push('acme/other', '1.9.0');
    await ferry.send(formatChange({ kind: 'image', image: imageOf('other') }));
    await ferry.invoke({ deps: { images: ociRegistry() } });
    assert.deepEqual(news(), ['Stalled AddressRefused']);
    assert.deepEqual([registry.connections, registry.asked.length], [connections, before]);
  });

  test('fault 40: a password that a registry refuses is in no notice, no log and no message', async () => {
    const password = 'hunter2-and-a-half';
    fail('denied', always({ status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }));
    await push('denied', '1.2.0');
    const credentials = async () => ({ username: 'ferry', password });
    const logged = ferry.logged.length;
    await ferry.invoke({ deps: { images: ociRegistry({ privateRegistries: [registry.host], credentials }) } });
    assert.deepEqual(news(), ['Stalled RegistryDenied']);
    const basic = Buffer.from(`ferry:${password}`).toString('base64');
    assert.ok(
      registry.asked.some(({ headers }) => headers.authorization === `Basic ${basic}`),
      'it was tried',
    );
    const words = JSON.stringify(ferry.notices.slice(told)) + ferry.logged.slice(logged).join('\n');
    for (const secret of [password, basic]) assert.ok(!words.includes(secret));
  });
});
