import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { DOORS } from '../../functions/receive/doors.ts';
import { formatChange } from '../../shared/change/own.ts';
import { parseChanges } from '../../shared/change/parse.ts';
import { fixture, fixtures, knock, pushTo, requestOf, requestTo } from './knock.ts';

describe('what registries document is read', () => {
  for (const one of fixtures)
    it(`${one.door}: ${one.name}`, async () => {
      const { status, body, sent, looks, logged } = await knock(requestOf(one));
      const changes = one.told.filter(({ kind }) => kind === 'image');
      assert.deepEqual(sent, changes);
      const reports = one.told.filter(({ kind }) => kind === 'look-now');
      assert.deepEqual(looks, reports);
      assert.equal(status, changes.length + reports.length > 0 ? 202 : 200);
      if (reports.length > 0) return assert.deepEqual(body, { looks: 1 });
      assert.equal(body.changes, changes.length);
      const nothing = one.told.flatMap((told) => (told.kind === 'nothing' ? [told] : []));
      if (changes.length === 0) assert.equal(body.reason, nothing[0]?.reason);
      const lines = logged.filter(({ message }) => message === 'nothing to do');
      const reasons = [...new Set(nothing.map(({ reason }) => reason))];
      assert.deepEqual(
        lines.map(({ reason }) => reason),
        reasons,
      );
      assert.deepEqual(
        lines.map(({ source }) => source),
        reasons.map((reason) => nothing.find((told) => told.reason === reason)?.source),
      );
      for (const change of sent) assert.deepEqual(parseChanges(formatChange(change)), [change]);
    });
});

test('every door has a file of its name, a fixture with its source, and a section in docs/webhooks.md', () => {
  const folder = new URL('../../functions/receive/doors/', import.meta.url);
  const files = readdirSync(folder).map((file) => file.replace(/\.ts$/u, ''));
  assert.deepEqual([...DOORS.keys()].sort(), files.sort());
  const page = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
  for (const door of DOORS.keys()) {
    assert.ok(pushTo(door));
    assert.match(page, new RegExp(`^path: \`/${door}[\`/]`, 'mu'));
  }
  for (const { door, name, source } of fixtures) assert.match(source, /^https:\/\/\S+$/u, `${door}/${name}`);
});

test('unknown fields are of no concern', async () => {
  for (const one of fixtures) {
    const body = { ...(one.body as object), some: { field: ['of 2031'] } };
    if (Array.isArray(one.body)) continue;
    const { sent } = await knock(requestOf({ ...one, body }));
    assert.deepEqual(
      sent,
      one.told.filter(({ kind }) => kind === 'image'),
      `${one.door}/${one.name}`,
    );
  }
});

test('a body that is none of the registry is refused, with a reason', async () => {
  for (const door of DOORS.keys())
    for (const body of ['null', '[]', '7', '""', '{}', '{"events":7}', '{"type":7}', '{"message":{"data":"%"}}']) {
      const event = requestTo(door, body, {
        headers: { 'x-github-event': 'package', 'ce-type': 'dev.gitferry.image.pushed.v1' },
      });
      const { status, body: answer, sent, logged } = await knock(event);
      assert.deepEqual([status, answer.reason, sent.length], [400, 'EventInvalid', 0], `${door} ${body}`);
      assert.equal(logged[0]?.reason, 'EventInvalid');
      assert.match(String(answer.sentence), /\.$/u);
    }
});

/** A fixture with one text in it replaced; fails when it is not there. */
function altered(door: string, name: string, old: string, replacement: unknown) {
  const one = fixture(door, name);
  const [text, quoted] = [JSON.stringify(one.body), JSON.stringify(old)];
  assert.ok(text.includes(quoted), `${name} does not hold ${quoted}`);
  return requestOf({ ...one, body: JSON.parse(text.replaceAll(quoted, () => JSON.stringify(replacement))) });
}

const NO_IMAGES = [
  '../../etc/passwd',
  'a/../b',
  'UPPER',
  'a b',
  'a\nb',
  'a:tag',
  `a@sha256:${'0'.repeat(64)}`,
  '',
  '/',
  'a'.repeat(600),
];
const NO_TAGS = ['a b', '../x', '-x', '.x', 't'.repeat(129), 'ü', 'a\nb', 'a/b', 'a@b', 'a:b'];

test('what names no image, or no tag, goes no further', async () => {
  const cases: [door: string, name: string, field: string, replacements: readonly unknown[]][] = [
    ['docker-hub', 'push', 'svendowideit/testhook', [...NO_IMAGES, 7]],
    ['docker-hub', 'push', 'latest', [...NO_TAGS, 7]],
    ['acr', 'push', 'hello-world', NO_IMAGES],
    ['acr', 'push', 'v1', NO_TAGS],
    ['acr', 'push', 'myregistry.azurecr.io', ['registry', 'a b', 'a..b/../c', '', 'http://x', 'user@host.example']],
    ['quay', 'repository-push', 'latest', NO_TAGS],
    ['quay', 'repository-push', 'quay.io/dgangaia/test', [...NO_IMAGES, 'dgangaia/test', 'quay/dgangaia/test']],
    ['github', 'package-published', 'Nightly', NO_TAGS],
    [
      'github',
      'package-published',
      'ghcr.io/Codertocat/hello-world:Nightly',
      ['ghcr.io', 'acme/x:1', 'https://ghcr.io/x'],
    ],
    [
      'artifact-registry',
      'insert-tag-unwrapped',
      'us-west1-docker.pkg.dev/my-project/my-repo/hello-world:1.1',
      [...NO_IMAGES, 'us-west1-docker.pkg.dev/my-project/my-repo/hello-world'],
    ],
    ['cloudevents', 'pushed-structured', '1.4.0', NO_TAGS],
    ['cloudevents', 'pushed-structured', 'registry.example.com/acme/api', ['UPPER', 'a b', '', 'x/../y']],
  ];
  for (const [door, name, field, replacements] of cases)
    for (const replacement of replacements) {
      const { status, body, sent } = await knock(altered(door, name, field, replacement));
      assert.deepEqual(
        [status, body.reason, sent.length],
        [400, 'EventInvalid', 0],
        `${door} ${field} -> ${replacement}`,
      );
    }
});

test('a digest that is none is left out, and one that is, is only carried along', async () => {
  for (const digest of ['md5:1', `sha256:${'0'.repeat(63)}`, `sha512:${'0'.repeat(128)}`, 7, null, { a: 1 }]) {
    const old = 'sha256:793a57cec5ee88d1c38575cefc16cc65ae89457c508bc2359621099b2caf5021';
    const { status, sent } = await knock(altered('distribution', 'push-of-a-tag', old, digest));
    assert.deepEqual([status, sent.map((change) => 'digest' in change)], [202, [false]], String(digest));
  }
});

test('one event at fault does not hold back the others of its notification', async () => {
  for (const door of ['distribution', 'gitlab']) {
    const one = fixture(door, 'push-of-a-tag');
    const { events } = one.body as { events: object[] };
    const bad = [{}, 7, null, { action: 'push' }, { ...events[0], request: { host: 'registry' } }];
    const { status, body, sent, logged } = await knock(
      requestOf({ ...one, body: { events: [...bad, ...events, ...bad] } }),
    );
    assert.deepEqual([status, body.changes, sent.length], [202, 1, 1]);
    const [line, ...more] = logged.filter(({ reason }) => reason === 'EventInvalid');
    assert.deepEqual([line?.source, line?.more, more.length], ['event 1', bad.length * 2 - 1, 0]);
    const alone = await knock(requestOf({ ...one, body: { events: [{}] } }));
    assert.deepEqual([alone.status, alone.body.reason], [200, 'EventInvalid']);
  }
});

test('a registry of one word would be a folder of Docker Hub, and is none', async () => {
  const { status, sent } = await knock(altered('distribution', 'push-of-a-tag', '127.0.0.1:5998', 'registry'));
  assert.deepEqual([status, sent], [200, []]);
});

test('a message of Pub/Sub whose inside is hostile is refused like a body that is', async () => {
  const inside = (text: string) =>
    requestTo('artifact-registry', JSON.stringify({ message: { data: Buffer.from(text).toString('base64') } }));
  const reasons = { '{': 'EventNotJson', '{"__proto__":1}': 'EventInvalid', '{"a":1e400}': 'EventInvalid' };
  for (const [text, reason] of Object.entries({ ...reasons, ['['.repeat(99)]: 'EventTooDeep' }))
    assert.deepEqual((({ status, body }) => [status, body.reason])(await knock(inside(text))), [400, reason], text);
});

test('any fixture with any of its values replaced is taken, or refused with a reason', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...fixtures), fc.nat(), fc.jsonValue(), async (one, at, value) => {
      const original = JSON.stringify(one.body);
      let count = 0;
      JSON.parse(original, () => {
        count += 1;
      });
      let seen = 0;
      const body: unknown = JSON.parse(original, (_, old) => (seen++ === at % count ? value : old));
      const { status, sent } = await knock(requestOf({ ...one, body }));
      assert.ok([200, 202, 400].includes(status), String(status));
      for (const change of sent) assert.deepEqual(parseChanges(formatChange(change)), [change]);
    }),
    { numRuns: 500 },
  );
});
