import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { afterEach, describe, test } from 'node:test';
import { formatChange } from '../../shared/change/own.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { BUCKET, CONFIG } from '../servers/stack.ts';
import { digestNamed } from '../simulation/memory-images.ts';

const API = 'quay.io/acme/api';
const RULES = `${CONFIG}images:
  - { image: ${API}, name: "apps:api", policy: { semver: "*" }, files: ["apps/**/*.yaml"] }
releases:
  - { bucket: ${BUCKET}, prefix: together/, deadline: 1h }
`;
const KEY = 'together/4711.release.yaml';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const pinned = (tag: string): string => `${API}:${tag}@${digestNamed(`${API}:${tag}`)}`;

interface Named {
  readonly objects?: Readonly<Record<string, string>>;
  readonly images?: readonly string[];
}

function releaseFile({ objects = {}, images = [] }: Named): string {
  const lines = ['apiVersion: gitferry.dev/v1', 'kind: Release'];
  if (Object.keys(objects).length > 0) lines.push('objects:');
  for (const [key, text] of Object.entries(objects)) lines.push(`  - { key: ${key}, sha256: ${sha256(text)} }`);
  if (images.length > 0) lines.push('images:');
  for (const tag of images) lines.push(`  - { image: "${API}:${tag}", digest: "${digestNamed(`${API}:${tag}`)}" }`);
  return `${lines.join('\n')}\n`;
}

describe('a release file', () => {
  let ferry: Ferry;
  afterEach(() => ferry.close());

  const start = async (): Promise<void> => {
    ferry = await startFerry({}, { 'apps/api.yaml': `image: ${API}:1.0.0\n` }, RULES);
    await ferry.send(formatChange({ kind: 'config' }));
    await ferry.invoke();
  };
  const put = async (key: string, text: string, late = 0): Promise<void> => {
    await ferry.put(key, text);
    await ferry.tell(key);
    const now = (): Date => new Date(Date.now() + late);
    assert.deepEqual(await ferry.invoke({ deps: { now } }), { batchItemFailures: [] });
  };
  const push = async (tag: string): Promise<void> => {
    ferry.images.push(API, tag);
    await ferry.send(formatChange({ kind: 'image', image: API, tag }));
    assert.deepEqual(await ferry.invoke(), { batchItemFailures: [] });
  };
  const show = (path: string): Promise<string> => ferry.server.repository.git('show', `main:${path}`);
  const reasons = async (): Promise<unknown[]> => (await ferry.events()).flatMap(({ reason }) => reason ?? []);

  test('lands all that it names in one commit, once the last of it is there', async () => {
    await start();
    const files = { 'config/a.yaml': 'a: 1\n', 'config/b.yaml': `image: ${API}:1.0.0\n` };
    await put(KEY, releaseFile({ objects: files, images: ['1.1.0'] }));
    await put('config/a.yaml', files['config/a.yaml']);
    await push('1.1.0');
    assert.deepEqual(await ferry.releases(), []);
    await put('config/b.yaml', files['config/b.yaml']);
    assert.deepEqual(await ferry.releases(), ['Release 4711']);
    assert.equal(await show('apps/production/a.yaml'), 'a: 1');
    assert.equal(await show('apps/production/b.yaml'), `image: ${pinned('1.1.0')}`);
    assert.equal(await show('apps/api.yaml'), `image: ${pinned('1.1.0')}`);
    const landed = (await ferry.events()).filter(({ type }) => type === 'landed');
    assert.equal(new Set(landed.map(({ id }) => id)).size, 1);
    assert.equal(landed.length, 4);

    // Each of them is known to have landed.
    for (const [key, text] of Object.entries(files)) await put(key, text);
    await push('1.1.0');
    await put(KEY, releaseFile({ objects: files, images: ['1.1.0'] }));
    assert.deepEqual(await ferry.releases(), ['Release 4711']);
  });

  test('that comes last, too', async () => {
    await start();
    await put('config/a.yaml', 'a: 1\n');
    await put('config/a.yaml', 'a: 2\n');
    ferry.images.push(API, '1.1.0');
    await put(KEY, releaseFile({ objects: { 'config/a.yaml': 'a: 2\n' }, images: ['1.1.0'] }));
    assert.deepEqual(await ferry.releases(), [
      'Release apps/production/a.yaml',
      'Release apps/production/a.yaml',
      'Release 4711',
    ]);
  });

  test('holds back only what it names', async () => {
    await start();
    await put(KEY, releaseFile({ objects: { 'config/a.yaml': 'a: 2\n' }, images: ['1.2.0'] }));
    await put('config/a.yaml', 'a: 1\n');
    await push('1.1.0');
    assert.deepEqual(await ferry.releases(), ['Release apps/production/a.yaml', 'Release api 1.1.0']);
  });

  test('that is late is rejected and told once, and nothing of it lands by itself', async () => {
    await start();
    await put(KEY, releaseFile({ objects: { 'config/a.yaml': 'a: 1\n' }, images: ['1.1.0'] }));
    await put('config/a.yaml', 'a: 1\n', 2 * 60 * 60_000);
    assert.deepEqual(await reasons(), ['ReleaseIncomplete']);
    await push('1.1.0');
    await put('config/a.yaml', 'a: 1\n');
    assert.deepEqual(await ferry.releases(), []);
    assert.deepEqual(await reasons(), ['ReleaseIncomplete']);
    assert.match((await ferry.object(`gitferry-rejected/${KEY}.test.json`)) ?? '', /ReleaseIncomplete/u);

    // Uploaded again, complete by now, it lands; times of objects that are read are exact to a second.
    await new Promise((later) => setTimeout(later, 1100));
    await put(KEY, releaseFile({ objects: { 'config/a.yaml': 'a: 1\n' }, images: ['1.1.0'] }));
    assert.equal(await ferry.object(`gitferry-rejected/${KEY}.test.json`), null);
    assert.deepEqual(await ferry.releases(), ['Release 4711']);
  });

  test('lands nothing when one of its members must not', async () => {
    await start();
    await put('config/bad.yaml', 'kind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: { name: a }\n');
    await put('config/good.yaml', 'a: 1\n');
    const before = await ferry.releases();
    const objects = {
      'config/bad.yaml': 'kind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: { name: b }\n',
      'config/good.yaml': 'a: 2\n',
    };
    await put(KEY, releaseFile({ objects }));
    for (const [key, text] of Object.entries(objects)) await put(key, text);
    assert.deepEqual(await ferry.releases(), before);
    const refused = (await ferry.events()).filter(({ unit }) => unit === `s3://${BUCKET}/together/#4711.release.yaml`);
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ['KindNotAllowed'],
    );
    await put('config/good.yaml', objects['config/good.yaml']);
    assert.deepEqual(await ferry.releases(), before);
  });

  test('what no rule covers, what is held and what is unreadable are refused', async () => {
    await start();
    await put(KEY, releaseFile({ objects: { 'elsewhere/a.yaml': 'a: 1\n' } }));
    await put(KEY, 'kind: Release\nobjects: [\n');
    await push('2.0.0');
    ferry.images.push(API, '1.1.0');
    await put(KEY, releaseFile({ images: ['1.1.0'] }));
    assert.deepEqual(await reasons(), ['ReleaseMemberUncovered', 'ReleaseFileInvalid', 'ReleaseMemberRefused']);
    assert.deepEqual(await ferry.releases(), ['Release api 2.0.0']);
  });

  test('two objects for one place are refused', async () => {
    await start();
    await push('1.1.0');
    ferry.images.push(API, '1.2.0');
    ferry.images.push(API, '1.3.0');
    await put(KEY, releaseFile({ images: ['1.2.0', '1.3.0'] }));
    assert.deepEqual(await reasons(), ['ReleaseMemberTwice']);
  });
});
