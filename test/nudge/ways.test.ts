import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { parseWays, type Way } from '../../shared/config/nudge.ts';
import { fakeCluster } from '../agent/fake-cluster.ts';
import { gitRepository, REPOSITORY } from '../agent/objects.ts';
import { COMMIT, release } from '../notify/notices.ts';
import { failure } from '../source/fixture.ts';
import { landed, NOON, run, startDoor, type Told } from './fixture.ts';

const SECRET = 'correct horse battery staple';

/** What a door is told of a landing. */
async function toldTo(way: (url: string) => Way, event: unknown = landed()): Promise<Told> {
  await using door = await startDoor(202);
  await run([], [way(door.url)]).tell(event);
  const [told, ...more] = door.told;
  assert.deepEqual(more, []);
  return told ?? assert.fail('it was told nothing');
}

/** As whoever is told computes it, over the bytes that came. */
const signature = ({ body }: Told): string => `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;

test('a Receiver of Flux is told with a signature', async () => {
  const told = await toldTo((url) => ({ kind: 'flux-receiver', url, token: SECRET }));
  assert.equal(told.headers['x-signature'], signature(told));
  assert.equal(told.headers['content-type'], 'application/json');
  assert.deepEqual(JSON.parse(told.body.toString()), {
    ...{ repository: REPOSITORY, branch: 'main', commit: COMMIT, release: release(1) },
  });
});

test('Argo CD is told as GitHub tells of a push', async () => {
  const told = await toldTo((url) => ({ kind: 'argo-cd', url, secret: SECRET }));
  assert.equal(told.headers['x-hub-signature-256'], signature(told));
  assert.equal(told.headers['x-github-event'], 'push');
  assert.match(String(told.headers['x-github-delivery']), /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u);
  const web = 'https://git.example/acme/main';
  assert.deepEqual(JSON.parse(told.body.toString()), {
    ...{ ref: 'refs/heads/main', before: '0'.repeat(40), after: COMMIT, commits: [] },
    repository: { html_url: web, clone_url: `${web}.git`, default_branch: 'main' },
  });
});

test('anybody else is told by a CloudEvent', async () => {
  const way = (url: string): Way => ({ kind: 'webhook', url, secret: SECRET });
  const told = await toldTo(way);
  assert.equal(told.headers['x-gitferry-signature'], signature(told));
  assert.equal(told.headers['content-type'], 'application/cloudevents+json');
  const { id, data, ...rest } = JSON.parse(told.body.toString());
  assert.deepEqual(rest, {
    ...{ specversion: '1.0', source: 'gitferry/production', type: 'dev.gitferry.landed', subject: 'charts#web' },
    ...{ time: NOON.toISOString(), datacontenttype: 'application/json' },
  });
  assert.deepEqual(data, landed().detail);
  const idOf = async (event: unknown) => JSON.parse((await toldTo(way, event)).body.toString()).id;
  assert.equal(await idOf(landed()), id);
  assert.notEqual(await idOf(landed({ unit: 'charts#api' })), id);
  assert.notEqual(await idOf(landed({ release: release(2) })), id);
});

for (const [kind, header] of [
  ['argo-cd', 'x-hub-signature-256'],
  ['webhook', 'x-gitferry-signature'],
] as const)
  test(`${kind} without a secret is told without a signature`, async () => {
    assert.equal((await toldTo((url) => ({ kind, url }))).headers[header], undefined);
  });

for (const status of [500, 503, 408, 429])
  test(`a way that answers ${status} is tried again`, async () => {
    await using door = await startDoor(status, 200);
    const deps = run([], [{ kind: 'webhook', url: door.url }]);
    await deps.tell(landed());
    assert.equal(door.told.length, 2);
    assert.deepEqual([deps.logged, deps.notices], [[`nudged webhook ${door.host}`], []]);
  });

test('one that goes on so ends in NudgeIncomplete, and keeps no cluster waiting', async () => {
  await using door = await startDoor(500);
  const fake = fakeCluster('prod', [gitRepository('main')]);
  const deps = run([fake], [{ kind: 'webhook', url: door.url }]);
  const error = await failure(deps.tell(landed()), ['path-that-is-a-secret']);
  assert.deepEqual([error.name, error.reason], ['Retryable', 'NudgeIncomplete']);
  assert.match(error.message, /webhook 127\.0\.0\.1:\d+ \(NudgeUndelivered\)/u);
  assert.deepEqual([door.told.length, fake.annotated.length, deps.notices], [3, 1, []]);
});

for (const status of [301, 400, 401, 403, 404])
  test(`a way that answers ${status} is told once, by its host alone`, async () => {
    await using door = await startDoor(status);
    const deps = run([], [{ kind: 'flux-receiver', url: door.url, token: SECRET }]);
    await deps.tell(landed());
    assert.deepEqual(
      door.told.map(({ path }) => path),
      ['/hook/path-that-is-a-secret'],
    );
    assert.deepEqual(
      deps.notices.map(({ type, detail }) => [type, detail.cluster, detail.reason]),
      [['NudgeFailed', `flux-receiver ${door.host}`, 'NudgeRefused']],
    );
    assert.doesNotMatch(JSON.stringify([deps.notices, deps.logged]), /path-that-is-a-secret|correct horse/u);
  });

test('a way where nobody listens is NudgeUndelivered', async () => {
  const door = await startDoor();
  await door[Symbol.asyncDispose]();
  const error = await failure(run([], [{ kind: 'webhook', url: door.url }]).tell(landed()), ['path-that-is-a-secret']);
  assert.match(error.message, /NudgeUndelivered/u);
});

const url = 'https://example.com/hook';
for (const [what, ways] of [
  ['no JSON', '[{'],
  ['no list', '{}'],
  ['a kind that is not known', [{ kind: 'ftp', url }]],
  ['a key that is not known', [{ kind: 'webhook', url, token: SECRET }]],
  ['a Receiver without a token', [{ kind: 'flux-receiver', url }]],
  ['a short secret', [{ kind: 'webhook', url, secret: 'hunter2' }]],
  ['plain http', [{ kind: 'webhook', url: 'http://hunter2.example.com' }]],
  ['credentials in an address', [{ kind: 'webhook', url: 'https://me:hunter2@example.com' }]],
  ['a user in an address', [{ kind: 'webhook', url: 'https://hunter2@example.com' }]],
  ['a line break in a secret', [{ kind: 'webhook', url, secret: `hunter2 hunter2\r\nhost: x` }]],
] as const)
  test(`${what} makes the ways NudgesUnusable, and is not repeated`, async () => {
    const parse = async () => parseWays(typeof ways === 'string' ? ways : JSON.stringify(ways));
    const error = await failure(parse(), ['hunter2', SECRET]);
    assert.deepEqual([error.name, error.reason], ['Stalled', 'NudgesUnusable']);
  });
