import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseChallenge } from '../../shared/source/registry-challenge.ts';
import type { CredentialsOf, RegistryCredentials } from '../../shared/source/registry-pass.ts';
import { type Answers, type Canned, type FakeRegistry, fakeRegistry } from '../servers/fake-registry.ts';
import { client, failure, MANIFEST, served } from './fixture.ts';

const ADA = { username: 'ada', password: 'p4ss:wörd-of-ada' };
const BASIC = `Basic ${Buffer.from(`${ADA.username}:${ADA.password}`).toString('base64')}`;
const SECRETS = [ADA.password, BASIC.slice(6), 'the-token'];
const TYPE = { 'content-type': 'application/json' };
const denied = { name: 'Stalled', reason: 'RegistryDenied' };
const always =
  (credentials: RegistryCredentials | null): CredentialsOf =>
  async () =>
    credentials;

function refused(challenge: string): Canned {
  return { status: 401, headers: { ...TYPE, 'www-authenticate': challenge }, body: '{}' };
}

/** A registry that lets these `Authorization` headers in, and names the realm. */
function guarded(accepted: ReadonlySet<string>, challenge: string): Answers {
  return ({ headers }) => (accepted.has(headers.authorization ?? '') ? served : refused(challenge));
}

function tokens(...all: readonly (Canned | string)[]): Answers {
  let at = 0;
  return () => {
    const next = all[Math.min(at, all.length - 1)] ?? '';
    at += 1;
    return typeof next === 'string' ? { headers: TYPE, body: JSON.stringify({ token: next }) } : next;
  };
}

const bearer = (realm: FakeRegistry, more = ',service="registry",scope="repository:acme/api:pull"'): string =>
  `Bearer realm="${realm.url}/token"${more}`;

it('gives a name and a password where they are wanted, and at once the next time', async () => {
  await using registry = await fakeRegistry(guarded(new Set([BASIC]), 'Basic realm="registry"'));
  const { images, image } = client([registry], { credentials: always(ADA) });
  assert.equal((await images.resolve(image, '1'))?.digest, MANIFEST.digest);
  assert.equal((await images.resolve(image, '2'))?.digest, MANIFEST.digest);
  assert.deepEqual(
    registry.asked.map(({ headers }) => headers.authorization),
    [undefined, BASIC, BASIC],
  );
});

it('tells nobody a password who did not ask for it', async () => {
  await using registry = await fakeRegistry(() => served);
  const { images, image } = client([registry], { credentials: always(ADA) });
  await images.resolve(image, '1');
  assert.equal(registry.asked[0]?.headers.authorization, undefined);
});

it('fetches a token where the registry says, and keeps it', async () => {
  await using realm = await fakeRegistry(tokens('the-token', 'another'));
  await using registry = await fakeRegistry(guarded(new Set(['Bearer the-token']), bearer(realm)));
  const { images, image } = client([registry, realm], { credentials: always(ADA) });
  assert.equal((await images.resolve(image, '1'))?.digest, MANIFEST.digest);
  assert.equal((await images.resolve(image, '2'))?.digest, MANIFEST.digest);
  assert.deepEqual(
    realm.asked.map(({ path, headers }) => [path, headers.authorization]),
    [['/token?service=registry&scope=repository%3Aacme%2Fapi%3Apull', BASIC]],
  );
  assert.equal(registry.asked.length, 3);
});

it('asks for no more than to pull when the registry does not say what for', async () => {
  await using realm = await fakeRegistry(() => ({ headers: TYPE, body: '{"access_token":"the-token"}' }));
  await using registry = await fakeRegistry(guarded(new Set(['Bearer the-token']), bearer(realm, '')));
  const { images, image } = client([registry, realm]);
  await images.resolve(image, '1');
  assert.equal(realm.asked[0]?.path, '/token?scope=repository%3Aacme%2Fapi%3Apull');
  assert.equal(realm.asked[0]?.headers.authorization, undefined, 'as anybody may');
});

it('shares one token between those who ask at once', async () => {
  await using realm = await fakeRegistry(tokens('the-token'));
  await using registry = await fakeRegistry(guarded(new Set(['Bearer the-token']), bearer(realm)));
  const { images, image } = client([registry, realm]);
  await Promise.all(Array.from({ length: 20 }, (_, at) => images.resolve(image, `${at}`)));
  assert.equal(realm.asked.length, 1);
});

it('fetches another token when the first ends before its time, or its time is over', async (t) => {
  await using realm = await fakeRegistry(tokens('first', 'second', 'third'));
  const accepted = new Set(['Bearer first']);
  await using registry = await fakeRegistry(guarded(accepted, bearer(realm)));
  const { images, image } = client([registry, realm], { credentials: always(ADA) });
  await images.resolve(image, '1');
  accepted.clear();
  accepted.add('Bearer second');
  await images.resolve(image, '2');
  assert.equal(realm.asked.length, 2);

  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 51_000 });
  accepted.clear();
  accepted.add('Bearer third');
  await images.resolve(image, '3');
  assert.equal(registry.asked.at(-2)?.headers.authorization, undefined, 'an old token is not sent');
});

it('reads credentials anew when they are refused, and then gives up', async () => {
  const old = { ...ADA, password: 'yesterdays' };
  const asked: unknown[] = [];
  let now: RegistryCredentials = old;
  const credentials: CredentialsOf = async (host, tried) => {
    asked.push([host, tried]);
    if (tried !== undefined) now = ADA;
    return now;
  };
  await using registry = await fakeRegistry(guarded(new Set([BASIC]), 'Basic realm="r"'));
  const { images, image } = client([registry], { credentials });
  assert.equal((await images.resolve(image, '1'))?.digest, MANIFEST.digest);
  assert.deepEqual(asked.slice(0, 2), [
    [registry.host, undefined],
    [registry.host, undefined],
  ]);

  await using closed = await fakeRegistry(guarded(new Set(), 'Basic realm="r"'));
  const stubborn = client([closed], { credentials: always(ADA) });
  await assert.rejects(stubborn.images.resolve(stubborn.image, '1'), denied);
  assert.equal(closed.asked.length, 2, 'the same password is not tried again');
});

it('reads credentials anew when the realm refuses them', async () => {
  const old = { ...ADA, password: 'yesterdays' };
  let now: RegistryCredentials = old;
  const credentials: CredentialsOf = async (_, tried) => {
    if (tried === old) now = ADA;
    return now;
  };
  await using realm = await fakeRegistry(({ headers }) =>
    headers.authorization === BASIC ? { headers: TYPE, body: '{"token":"the-token"}' } : { status: 401 },
  );
  await using registry = await fakeRegistry(guarded(new Set(['Bearer the-token']), bearer(realm)));
  const { images, image } = client([registry, realm], { credentials });
  assert.equal((await images.resolve(image, '1'))?.digest, MANIFEST.digest);
  assert.equal(realm.asked.length, 2);
});

it('reads credentials anew when the token that they give is too weak', async () => {
  let now: RegistryCredentials = { ...ADA, password: 'yesterdays' };
  const credentials: CredentialsOf = async (_, tried) => {
    if (tried !== undefined) now = ADA;
    return now;
  };
  const weak = tokens('weak-1', 'weak-2', 'weak-3');
  const strong = tokens('the-token');
  await using realm = await fakeRegistry((asked) => (asked.headers.authorization === BASIC ? strong : weak)(asked));
  await using registry = await fakeRegistry(guarded(new Set(['Bearer the-token']), bearer(realm)));
  const { images, image } = client([registry, realm], { credentials });
  assert.equal((await images.resolve(image, '1'))?.digest, MANIFEST.digest);
});

it('ends with a registry that lets nobody in, whatever tokens it is shown', async () => {
  await using realm = await fakeRegistry(tokens('the-token-1', 'the-token-2', 'the-token-3', 'the-token-4'));
  await using registry = await fakeRegistry(guarded(new Set(), bearer(realm)));
  const credentials: CredentialsOf = async () => ({ ...ADA });
  const { images, image } = client([registry, realm], { credentials });
  const error = await failure(images.tags(image), SECRETS);
  assert.equal(error.reason, 'RegistryDenied');
  assert.ok(registry.asked.length <= 3, String(registry.asked.length));
  assert.ok(realm.asked.length <= 3, String(realm.asked.length));
});

it('sends a token that it was given as it is', async () => {
  await using registry = await fakeRegistry(
    guarded(new Set(['Bearer the-token']), 'Bearer realm="http://127.0.0.1:1/"'),
  );
  const { images, image } = client([registry], { credentials: always({ token: 'the-token' }) });
  assert.equal((await images.resolve(image, '1'))?.digest, MANIFEST.digest);
});

const nowhere: readonly (readonly [string, string, string])[] = [
  ['without TLS', 'http://token.example.com/', 'RealmRefused'],
  ['on this machine, where it is not listed', 'http://127.0.0.1:1/', 'RealmRefused'],
  ['elsewhere, by a registry without TLS', 'https://token.example.com/', 'RealmRefused'],
  ['with another protocol', 'file:///etc/passwd', 'RealmRefused'],
  ['at no address', 'token', 'RealmRefused'],
];
for (const [what, realm, reason] of nowhere)
  it(`fetches no token ${what}`, async () => {
    await using registry = await fakeRegistry(guarded(new Set(), `Bearer realm="${realm}"`));
    const { images, image } = client([registry], { credentials: always(ADA) });
    const error = await failure(images.resolve(image, '1'), SECRETS);
    assert.deepEqual([error.name, error.reason], ['Stalled', reason]);
  });

const odd: readonly (readonly [string, Canned, object])[] = [
  ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>' }, { reason: 'NotARegistry' }],
  ['no token', { headers: TYPE, body: '{}' }, { reason: 'NotARegistry' }],
  ['a token with a line break', { headers: TYPE, body: '{"token":"a\\r\\nx: y"}' }, { reason: 'NotARegistry' }],
  ['more than any token', { headers: TYPE, body: `{"token":"${'x'.repeat(2 ** 18)}"}` }, { reason: 'NotARegistry' }],
  ['403', { status: 403, headers: TYPE, body: '{}' }, denied],
  ['429', { status: 429, headers: { 'retry-after': '3' } }, { reason: 'RegistryUnavailable', retryAfter: 3 }],
  ['502', { status: 502 }, { reason: 'RegistryUnavailable' }],
];
for (const [what, answer, expected] of odd)
  it(`is told by a realm that answers with ${what}`, async () => {
    await using realm = await fakeRegistry(() => answer);
    await using registry = await fakeRegistry(guarded(new Set(), bearer(realm)));
    const { images, image } = client([registry, realm]);
    await assert.rejects(images.resolve(image, '1'), expected);
  });

it('carries no credentials to where a realm redirects', async () => {
  await using elsewhere = await fakeRegistry(tokens('stolen'));
  await using realm = await fakeRegistry(() => ({ status: 302, headers: { location: `${elsewhere.url}/token` } }));
  await using registry = await fakeRegistry(guarded(new Set(['Bearer stolen']), bearer(realm)));
  const { images, image } = client([registry, realm, elsewhere], { credentials: always(ADA) });
  await images.resolve(image, '1');
  assert.equal(realm.asked[0]?.headers.authorization, BASIC);
  assert.deepEqual(
    elsewhere.asked.map(({ headers }) => headers.authorization),
    [undefined],
  );
});

it('reads the challenges that registries send', () => {
  const realm = 'https://auth.docker.io/token';
  const hub = `Bearer realm="${realm}",service="registry.docker.io",scope="repository:library/nginx:pull"`;
  const whole = { scheme: 'bearer', realm, service: 'registry.docker.io', scope: 'repository:library/nginx:pull' };
  assert.deepEqual(parseChallenge(hub), whole);
  assert.deepEqual(parseChallenge(`Basic realm="x, Bearer", ${hub}, error="invalid_token"`), whole);
  assert.deepEqual(parseChallenge('bearer realm=https://x.example/t , Service = "a\\"b"'), {
    ...{ scheme: 'bearer', realm: 'https://x.example/t', service: 'a"b', scope: null },
  });
  assert.deepEqual(parseChallenge('Negotiate, BASIC realm="x"'), { scheme: 'basic' });
  for (const none of [undefined, '', 'Bearer', 'Bearer service="x"', 'Digest realm="x"', '"', ',,, ='])
    assert.equal(parseChallenge(none), null, none);
  const began = performance.now();
  for (const hostile of [`Bearer realm="${'\\'.repeat(60_000)}`, 'a '.repeat(30_000), `a${' '.repeat(60_000)}`])
    parseChallenge(hostile);
  assert.ok(performance.now() - began < 1000);
});
