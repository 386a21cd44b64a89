import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { formatChange } from '../../shared/change/own.ts';
import { type Ferry, startFerry } from '../servers/ferry.ts';
import { CONFIG } from '../servers/stack.ts';
import { digestNamed } from '../simulation/memory-images.ts';

const API = 'quay.io/acme/api';
const RULES = `${CONFIG}images:
  - image: ${API}
    name: flux-system:api
    policy: { semver: ">=1.0.0 <3.0.0" }
    files: ["apps/**/*.yaml"]
`;

const manifest = (reference: string, more = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  template:
    spec:
      containers:
        - name: api
          image: ${reference} # the api
${more}`;

const pinned = (tag: string, content = `${API}:${tag}`): string => `${API}:${tag}@${digestNamed(content)}`;

describe('images', () => {
  let ferry: Ferry;
  afterEach(() => ferry.close());

  const start = async (
    files: Record<string, string> = { 'apps/api.yaml': manifest(`${API}:1.0.0`) },
    rules = RULES,
  ) => {
    ferry = await startFerry({}, files, rules);
    await ferry.send(formatChange({ kind: 'config' }));
    await ferry.invoke();
  };
  const push = async (tag: string, content?: string): Promise<void> => {
    const digest = ferry.images.push(API, tag, content);
    await ferry.send(formatChange({ kind: 'image', image: API, tag, digest }));
    assert.deepEqual(await ferry.invoke(), { batchItemFailures: [] });
  };
  const file = (path = 'apps/api.yaml'): Promise<string> => ferry.server.repository.git('show', `main:${path}`);
  /** As `git revert HEAD` would. */
  const revert = async (): Promise<void> => {
    const { repository } = ferry.server;
    const paths = (await repository.git('diff', '--name-only', 'main~1', 'main')).split('\n');
    const before = await Promise.all(paths.map((path) => repository.git('show', `main~1:${path}`)));
    await repository.commit(Object.fromEntries(paths.map((path, at) => [path, `${before[at]}\n`])), 'main', 'Revert');
  };
  const upload = async (key: string, text: string): Promise<void> => {
    await ferry.put(key, text);
    await ferry.tell(key);
    assert.deepEqual(await ferry.invoke(), { batchItemFailures: [] });
  };

  test('a push becomes one commit that edits the reference and nothing else', async () => {
    await start();
    await push('1.1.0');
    assert.equal(await file(), manifest(pinned('1.1.0')).trimEnd());
    assert.deepEqual(await ferry.releases(), ['Release api 1.1.0']);
    const message = await ferry.server.repository.git('log', '-1', '--format=%B', 'main');
    assert.match(message, /^apps\/api\.yaml:10: 1\.0\.0 -> 1\.1\.0$/mu);
    assert.match(message, /^Gitferry-Source: quay\.io\/acme\/api:1\.1\.0@sha256:/mu);
  });

  test('the same event again, and a lower or an unfitting tag, do nothing', async () => {
    await start();
    await push('1.1.0');
    await push('1.1.0');
    await push('1.0.5');
    await push('3.0.0');
    await push('latest');
    assert.deepEqual(await ferry.releases(), ['Release api 1.1.0']);
  });

  test('what stands is not lowered when the ledger knows nothing of it', async () => {
    await start({ 'apps/api.yaml': manifest(`${API}:2.0.0`) });
    await push('1.1.0');
    assert.deepEqual(await ferry.releases(), []);
    await push('2.0.1');
    assert.deepEqual(await ferry.releases(), ['Release api 2.0.1']);
  });

  test('a tag that is pushed again lands under its new digest', async () => {
    await start();
    await push('1.1.0');
    await push('1.1.0', 'rebuilt');
    assert.equal(await file(), manifest(pinned('1.1.0', 'rebuilt')).trimEnd());
  });

  test('a new tag for the same content lands, and stays back when a person takes it back', async () => {
    await start();
    await push('1.1.0', 'same');
    await push('1.2.0', 'same');
    assert.equal(await file(), manifest(pinned('1.2.0', 'same')).trimEnd());
    await revert();
    await push('1.2.0', 'same');
    assert.equal(await file(), manifest(pinned('1.1.0', 'same')).trimEnd());
    await push('1.3.0', 'same');
    assert.equal(await file(), manifest(pinned('1.3.0', 'same')).trimEnd());
  });

  test('a revert by a person stays, also against a rebuild; something newer lands', async () => {
    await start();
    await push('1.1.0');
    await push('1.2.0');
    await revert();
    await push('1.2.0');
    await push('1.2.0', 'rebuilt');
    assert.equal(await file(), manifest(pinned('1.1.0')).trimEnd());
    await push('1.3.0');
    assert.equal(await file(), manifest(pinned('1.3.0')).trimEnd());
  });

  test('an edit by a person waits and is told once', async () => {
    await start();
    await push('1.1.0');
    await ferry.server.repository.commit({ 'apps/api.yaml': manifest(`${API}:debug`) });
    await push('1.2.0');
    await push('1.2.0');
    assert.equal(await file(), manifest(`${API}:debug`).trimEnd());
    const waiting = (await ferry.events()).filter(({ type }) => type === 'waiting');
    assert.deepEqual(
      waiting.map(({ reason, paths }) => [reason, paths]),
      [['PlaceEdited', ['apps/api.yaml:10']]],
    );
  });

  test('a policy without a reference waits, and lands once there is one', async () => {
    await start({});
    await push('1.1.0');
    assert.deepEqual(
      (await ferry.events()).flatMap(({ reason }) => reason ?? []),
      ['ReferenceMissing'],
    );
    await upload('config/api.yaml', manifest(`${API}:1.0.0`));
    assert.equal(await file('apps/production/api.yaml'), manifest(pinned('1.1.0')).trimEnd());
  });

  test("an upload with yesterday's tag does not move the image, and counts as the same file", async () => {
    await start({});
    await upload('config/api.yaml', manifest(`${API}:1.0.0`));
    await push('1.1.0');
    const path = 'apps/production/api.yaml';
    assert.equal(await file(path), manifest(pinned('1.1.0')).trimEnd());
    await upload('config/api.yaml', manifest(`${API}:1.0.0`, 'data: 1\n'));
    assert.equal(await file(path), manifest(pinned('1.1.0'), 'data: 1').trimEnd());
    assert.deepEqual(
      (await ferry.events()).filter(({ type }) => type === 'waiting'),
      [],
    );
    await revert();
    await upload('config/api.yaml', manifest(`${API}:1.0.0`, 'data: 1\n'));
    assert.equal(await file(path), manifest(pinned('1.1.0')).trimEnd());
  });

  test('a new reference gets what the record says', async () => {
    await start();
    await push('1.1.0');
    await upload('config/other.yaml', manifest(`${API}:0.9.0`));
    assert.equal(await file('apps/production/other.yaml'), manifest(pinned('1.1.0')).trimEnd());
    await push('1.2.0');
    assert.equal(await file('apps/production/other.yaml'), manifest(pinned('1.2.0')).trimEnd());
    assert.equal(await file(), manifest(pinned('1.2.0')).trimEnd());
  });

  test('a marker that no policy keeps is told with file and line, once', async () => {
    const marked = '# {"$imagepolicy": "flux-system:other"}';
    await start({ 'apps/api.yaml': manifest(`${API}:1.0.0`), 'apps/web.yaml': `a: 1\nimage: web:1.0 ${marked}\n` });
    await push('1.1.0');
    await push('1.2.0');
    const told = (await ferry.events()).filter(({ type }) => type === 'waiting');
    assert.deepEqual(
      told.map(({ reason, paths }) => [reason, paths]),
      [['MarkerWithoutPolicy', ['apps/web.yaml:2']]],
    );
  });

  test('reverting one reference takes back its policy', async () => {
    await start({ 'apps/a.yaml': manifest(`${API}:1.0.0`), 'apps/b.yaml': manifest(`${API}:1.0.0`) });
    await push('1.1.0');
    await push('1.2.0');
    await ferry.server.repository.commit({ 'apps/a.yaml': manifest(pinned('1.1.0')) });
    await push('1.2.0');
    assert.equal(await file('apps/a.yaml'), manifest(pinned('1.1.0')).trimEnd());
    assert.equal(await file('apps/b.yaml'), manifest(pinned('1.1.0')).trimEnd());
  });
});
