import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { DOORS } from '../../functions/receive/doors.ts';
import type { Deps } from '../../functions/receive/receive.ts';
import { Retryable, Stalled } from '../../shared/errors.ts';
import { type Answered, fixture, type Knock, knock, pushTo, requestOf, requestTo, SECRET, signed } from './knock.ts';

const PUSH = fixture('github', 'package-published');
const BODY = JSON.stringify(PUSH.body);
const OTHER = 'another-secret-of-some-length';
const LIMIT = 256 * 1024;

const outcome = ({ status, body, sent }: Answered) => [status, body.reason, sent.length];
const github = (more: Knock, body = BODY) =>
  requestTo('github', body, { ...more, headers: { ...PUSH.headers, ...more.headers } });

/** A door whose events must not be read. */
const unread: Partial<Deps> = {
  doors: new Map([...DOORS].map(([name, door]) => [name, { ...door, read: () => assert.fail('it was read') }])),
};

test('an address that is no door is not there, nor is a door without a secret', async () => {
  const paths = [
    '',
    '/',
    '//',
    '//github',
    '/nowhere',
    '/GITHUB',
    '/%67ithub',
    '/github/more',
    '/github//',
    '/../github',
  ];
  const hostile = [
    '/github/../quay/x',
    '/nowhere/../github',
    '/.',
    '/..',
    '/github%2f',
    '/\u0000',
    '/__proto__',
    '/constructor',
  ];
  for (const path of [...paths, ...hostile])
    assert.deepEqual(outcome(await knock(github({ path }), unread)), [404, 'DoorUnknown', 0], path);
  const secrets = async () => new Map([['quay', [SECRET]]]);
  const [absent, unknown] = [
    await knock(github({}), { ...unread, secrets }),
    await knock(github({ path: '/nowhere' }), { secrets }),
  ];
  assert.deepEqual(outcome(absent), [404, 'DoorUnknown', 0]);
  assert.deepEqual(absent.body, unknown.body);
});

test('a slash at the end changes nothing', async () => {
  assert.equal((await knock(github({ path: '/github/' }))).status, 202);
});

describe('fault 16: what is no webhook is refused before its body is looked at', () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'post', ''])
    it(`405 to the method "${method}", and says which is allowed`, async () => {
      const answered = await knock(github({ method }), unread);
      assert.deepEqual(outcome(answered), [405, 'MethodWrong', 0]);
      assert.equal(answered.headers.allow, 'POST');
    });

  const types: readonly (readonly [why: string, headers: Readonly<Record<string, string>>])[] = [
    ['none', { 'content-type': '' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['two', { 'content-type': 'application/json,text/plain' }],
    ['another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['another door’s', { 'content-type': 'application/cloudevents+json' }],
    ['compressed', { 'content-encoding': 'gzip' }],
  ];
  for (const [why, headers] of types)
    it(`415 to the content type: ${why}`, async () => {
      assert.deepEqual(outcome(await knock(github({ headers }), unread)), [415, 'ContentTypeWrong', 0]);
    });
  it('takes JSON in any spelling', async () => {
    for (const type of ['Application/JSON', 'application/json;charset=UTF-8', 'application/json; charset="utf-8"; x=y'])
      assert.equal((await knock(github({ headers: { 'content-type': type } }))).status, 202, type);
  });

  it('413 to a length that is said, or is there, beyond 256 KB', async () => {
    const said = github({ headers: { 'content-length': `${LIMIT + 1}` } });
    const there = github({}, ' '.repeat(LIMIT + 1));
    const encoded = github({ base64: true }, ' '.repeat(LIMIT + 1));
    const wide = github({}, `"${'ü'.repeat(LIMIT / 2)}"`);
    const lying = github({ headers: { 'content-length': '2' } }, ' '.repeat(LIMIT + 1));
    for (const event of [said, there, encoded, wide, lying]) {
      const unproven = { ...event, headers: { ...event.headers, 'x-hub-signature-256': '' } };
      for (const one of [event, unproven])
        assert.deepEqual(outcome(await knock(one, unread)), [413, 'EventTooLarge', 0]);
    }
  });
  it('takes what is just as large', async () => {
    for (const base64 of [false, true]) {
      const full = BODY.padEnd(LIMIT);
      const event = github({ base64, headers: { 'x-hub-signature-256': signed(SECRET, full) } }, full);
      assert.equal((await knock(event)).status, 202);
    }
  });

  it('400 without a header that GitHub always sends', async () => {
    assert.deepEqual(outcome(await knock(requestTo('github', BODY), unread)), [400, 'HeaderMissing', 0]);
  });
});

describe('fault 14: who shows no secret is refused, and the body is not read', () => {
  const right = signed(SECRET, BODY);
  const signatures: Readonly<Record<string, string>> = {
    missing: '',
    'of another secret': signed(OTHER, BODY),
    'of another body': signed(SECRET, `${BODY} `),
    'without its prefix': right.slice('sha256='.length),
    'in capitals': right.toUpperCase(),
    shorter: right.slice(0, -1),
    longer: `${right}0`,
    'much longer': right.repeat(1000),
    'of one character': 's',
    'twice in one header': `${right},${right}`,
    'with a space': ` ${right}`,
    'the secret itself': SECRET,
    'SHA-1 under its name': signed(SECRET, BODY, 'sha1'),
    'SHA-1 called SHA-256': signed(SECRET, BODY, 'sha1').replace('sha1', 'sha256'),
    'SHA-512': signed(SECRET, BODY, 'sha512'),
    'of an empty secret': signed('', BODY),
  };
  for (const [why, signature] of Object.entries(signatures))
    it(`GitHub’s signature: ${why}`, async () => {
      const event = github({ headers: { 'x-hub-signature-256': signature } });
      assert.deepEqual(outcome(await knock(event, unread)), [401, 'CallerUnproven', 0]);
    });
  it('a signature by SHA-1 alone, as old hooks have it', async () => {
    const event = github({ headers: { 'x-hub-signature-256': '', 'x-hub-signature': signed(SECRET, BODY, 'sha1') } });
    const answered = await knock(event, unread);
    assert.deepEqual(outcome(answered), [401, 'CallerUnproven', 0]);
    assert.match(String(answered.body.hint), /SHA-1/u);
  });
  it('says the same whatever was wrong', async () => {
    const answers = Object.values(signatures).map(async (signature) => {
      return (await knock(github({ headers: { 'x-hub-signature-256': signature } }))).body;
    });
    const [first, ...others] = await Promise.all(answers);
    for (const other of others) assert.deepEqual(other, first);
  });

  const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
  const push = fixture('distribution', 'push-of-a-tag');
  for (const [authorization, status] of [
    ['', 401],
    ['Bearer', 401],
    ['Bearer ', 401],
    [`Bearer ${OTHER}`, 401],
    [`Bearer ${SECRET}x`, 401],
    [`Bearer ${SECRET} x`, 401],
    [`Bearer ${SECRET},Bearer ${SECRET}`, 401],
    [`Digest ${SECRET}`, 401],
    [basic(`registry:${OTHER}`), 401],
    [basic(`${SECRET}:`), 401],
    ['Basic %%%', 401],
    [`Bearer ${SECRET}`, 202],
    [`bearer ${SECRET}`, 202],
    [SECRET, 202],
    [basic(`registry:${SECRET}`), 202],
    [basic(`:${SECRET}`), 202],
  ] as const)
    it(`${status} to the header Authorization: ${authorization.replaceAll(SECRET, '<secret>')}`, async () => {
      const answered = await knock(requestOf(push, { headers: { authorization } }), status === 401 ? unread : {});
      assert.equal(answered.status, status);
    });

  it('GitLab’s token, in a header of its own', async () => {
    const one = fixture('gitlab', 'push-of-a-tag');
    const by = (token: string) => requestOf(one, { headers: { authorization: '', 'x-gitlab-token': token } });
    assert.equal((await knock(by(SECRET))).status, 202);
    for (const token of ['', OTHER, `${SECRET},${SECRET}`, `Bearer ${SECRET}`])
      assert.deepEqual(outcome(await knock(by(token), unread)), [401, 'CallerUnproven', 0], token);
  });
});

describe('fault 19: a secret in the path, for those who sign nothing', () => {
  const push = fixture('quay', 'repository-push');
  const strange = 'a/secret+with%25=some?#ü';
  const secrets = async () => new Map([['quay', [strange]]]);

  it('is refused when it is missing, wrong or of another length', async () => {
    for (const rest of [
      '',
      '/',
      `/${OTHER}`,
      `/${SECRET}x`,
      `/${SECRET.slice(1)}`,
      `/${SECRET}/`,
      `/${SECRET}/x`,
      '/%',
      '/%FF',
    ])
      assert.deepEqual(
        outcome(await knock(requestOf(push, { path: `/quay${rest}` }), unread)),
        [401, 'CallerUnproven', 0],
        rest,
      );
  });
  it('is taken as it was sent, and percent-encoded', async () => {
    for (const rest of [strange, encodeURIComponent(strange), encodeURI(strange)])
      assert.equal((await knock(requestOf(push, { path: `/quay/${rest}` }), { secrets })).status, 202, rest);
    const spelled = [...SECRET].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');
    assert.equal((await knock(requestOf(push, { path: `/quay/${spelled}` }))).status, 202);
  });
  it('counts at no other door', async () => {
    const event = requestOf(fixture('distribution', 'push-of-a-tag'), {
      path: `/distribution/${SECRET}`,
      headers: { authorization: '' },
    });
    assert.deepEqual(outcome(await knock(event, unread)), [404, 'DoorUnknown', 0]);
  });
});

test('fault 15: a signature is over the decoded bytes', async () => {
  const body = BODY.replace('Codertocat', 'Cödertocat');
  assert.equal((await knock(github({ base64: true }, body))).status, 202);
  const event = github({ base64: true }, body);
  const wrong = { ...event, headers: { ...event.headers, 'x-hub-signature-256': signed(SECRET, event.body ?? '') } };
  assert.equal((await knock(wrong, unread)).status, 401);
});

test('fault 17: while a secret is changed both count, and no third', async () => {
  for (const door of DOORS.keys()) {
    const secrets = async () => new Map([[door, [OTHER, SECRET]]]);
    for (const [secret, status] of [
      [OTHER, 202],
      [SECRET, 202],
      ['neither-of-the-two-secrets', 401],
    ] as const)
      assert.equal((await knock(requestOf(pushTo(door), { secret }), { secrets })).status, status, `${door} ${status}`);
  }
});

describe('fault 18: hostile JSON is refused after its proof, and pollutes nothing', () => {
  const cases: readonly (readonly [text: string | Buffer, reason: string])[] = [
    ['', 'EventNotJson'],
    ['{', 'EventNotJson'],
    ['hello', 'EventNotJson'],
    ['{"events":[]}x', 'EventNotJson'],
    ['{"__proto__":{"polluted":true},"events":[]}', 'EventInvalid'],
    ['{"__pr\\u006fto__":{"polluted":true},"events":[]}', 'EventInvalid'],
    [`{"events":${'['.repeat(100)}${']'.repeat(100)}}`, 'EventTooDeep'],
    ['['.repeat(LIMIT), 'EventTooDeep'],
    ['{"events":[],"size":9007199254740993}', 'EventInvalid'],
    ['{"events":[],"size":1e999}', 'EventInvalid'],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 'EventNotJson'],
  ];
  for (const [text, reason] of cases)
    it(`400 ${reason} to ${JSON.stringify(text.toString().slice(0, 40))}`, async () => {
      const event = requestTo('distribution', '', {});
      const bytes = Buffer.from(text);
      const sent = { ...event, body: bytes.toString('base64'), isBase64Encoded: true };
      assert.deepEqual(outcome(await knock(sent)), [400, reason, 0]);
      assert.equal(({} as { polluted?: true }).polluted, undefined);
      const unproven = { ...sent, headers: { ...sent.headers, authorization: '' } };
      assert.deepEqual(outcome(await knock(unproven)), [401, 'CallerUnproven', 0]);
    });
});

describe('what one notification may cost', () => {
  const push = fixture('distribution', 'push-of-a-tag');
  const [event] = (push.body as { events: { target: object; request: object }[] }).events;
  const small = (tag: string) => ({ action: 'push', target: { repository: 'a', tag }, request: event?.request });
  const envelope = (tags: readonly string[]) => requestOf({ ...push, body: { events: tags.map(small) } });

  it('1,000 events of three tags are three changes', async () => {
    const { status, sent } = await knock(envelope(Array.from({ length: 1000 }, (_, index) => `t${index % 3}`)));
    assert.deepEqual([status, sent.map(({ tag }) => tag)], [202, ['t0', 't1', 't2']]);
  });
  it('100 tags are taken, 1,000 are refused as one', async () => {
    const tags = Array.from({ length: 1000 }, (_, index) => `t${index}`);
    assert.equal((await knock(envelope(tags.slice(0, 100)))).sent.length, 100);
    assert.deepEqual(outcome(await knock(envelope(tags))), [400, 'EventTooMany', 0]);
  });
  it('1,000 events that say nothing are one line of the log', async () => {
    const { status, logged } = await knock(envelope(Array.from({ length: 1000 }, () => '')));
    assert.deepEqual([status, logged.length, logged[0]?.more], [200, 1, 999]);
  });
});

describe('what is not the sender’s fault is a 503, so that it sends again, and says no more than its reason', () => {
  const down = new Retryable('QueueUnavailable', 'The queue at 192.0.2.1 did not answer.');
  const unusable = new Stalled('SecretUnreadable', 'The secret gitferry/production/webhooks can’t be read.');
  const failing: readonly (readonly [string, Partial<Deps>])[] = [
    ['QueueUnavailable', { send: () => Promise.reject(down) }],
    ['SecretUnreadable', { secrets: () => Promise.reject(unusable) }],
  ];
  for (const [reason, deps] of failing)
    it(reason, async () => {
      const answered = await knock(github({}), deps);
      assert.deepEqual(outcome(answered), [503, reason, 0]);
      assert.doesNotMatch(JSON.stringify(answered.body), /192\.0\.2\.1|production/u);
      assert.match(JSON.stringify(answered.logged), /192\.0\.2\.1|production/u);
    });
  it('a fault of the program is thrown', async () => {
    await assert.rejects(knock(github({}), { send: () => Promise.reject(new TypeError('oops')) }), TypeError);
  });
});

test('no secret, and nothing of an unknown path, is ever answered or logged', async () => {
  const events = [...DOORS.keys()].flatMap((door) => [
    requestTo(door, '{}'),
    requestTo(door, 'x'),
    requestTo(door, '{}', { secret: OTHER }),
    requestTo(door, '{}', { path: `/${door}/${SECRET}`, headers: { 'x-gitlab-token': SECRET, cookie: SECRET } }),
    requestTo(door, '{}', { path: `/${door}/${SECRET}`, method: 'GET' }),
    requestTo(door, '{}', { path: `/${door}/${SECRET}`, headers: { 'content-type': SECRET } }),
    requestTo(door, '{}', { path: `/${door}x/${SECRET}` }),
    requestTo(door, '{}', { path: `/${SECRET}` }),
    { ...requestTo(door, '{}'), rawQueryString: `secret=${SECRET}` },
  ]);
  for (const event of events) {
    const { body, headers, logged } = await knock(event);
    const told = JSON.stringify([body, headers, logged]);
    for (const secret of [SECRET, OTHER]) assert.ok(!told.includes(secret), told);
  }
});

test('what was accepted, and what was not, is logged with its door', async () => {
  const { logged } = await knock(requestOf(PUSH));
  assert.deepEqual(logged, [
    { message: 'accepted', door: 'github', changes: ['ghcr.io/codertocat/hello-world:Nightly'] },
  ]);
  const refused = await knock(github({ headers: { 'x-hub-signature-256': '' } }));
  assert.deepEqual(
    refused.logged.map(({ message, door, status, reason }) => [message, door, status, reason]),
    [['refused', 'github', 401, 'CallerUnproven']],
  );
});
