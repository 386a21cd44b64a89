import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { notify } from '../../functions/notify/notify.ts';
import { Retryable, Stalled } from '../../shared/errors.ts';
import type { Table } from '../../shared/table/table.ts';
import { COMMIT, drift, landed, nudgeFailed, outcome, release, verdict } from './notices.ts';
import { type Post, startPost, startTopic, type Told, type Topic, teller } from './servers.ts';

const SECRET = 'a-secret-of-the-webhook';
const DAY = 24 * 60 * 60 * 1000;

let one: Post;
let two: Post;
let topic: Topic;
let told: Told;

const servers = await Promise.all([startPost(), startPost()]);
topic = await startTopic();
after(async () => {
  await Promise.all([...servers, topic].map((server) => server.close()));
});

beforeEach(async () => {
  [one, two] = servers as [Post, Post];
  for (const post of servers) {
    post.taken.length = 0;
    post.asked.length = 0;
    post.status = 200;
    post.headers = {};
  }
  await topic.received();
  told = teller({ webhooks: [one, two].map(({ url }) => ({ url: `${url}/hook`, secret: SECRET })) }, topic);
});

const subjects = (post: Post): string[] => post.taken.map(({ body }) => JSON.parse(body).subject);

describe('a notice', () => {
  it('is told once by each channel, however often it is announced', async () => {
    for (let time = 0; time < 3; time++) await told.tell(verdict('delivered'));
    assert.deepEqual(subjects(one), ['production: web 1.4.0 is delivered']);
    assert.deepEqual(subjects(two), subjects(one));
    assert.deepEqual(
      (await topic.received()).map(({ Subject }) => Subject),
      subjects(one),
    );
  });

  it('is told once also when it comes many times at once', async () => {
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => told.tell(outcome('Rejected'))));
    assert.equal(one.taken.length, 1);
    assert.equal(two.taken.length, 1);
    for (const result of all)
      if (result.status === 'rejected') assert.equal((result.reason as Retryable).reason, 'NoticeUnderWay');
    await told.tell(outcome('Rejected'));
    assert.equal(one.taken.length, 1);
  });

  it('goes by a channel that was down once it is back, and by no other again', async () => {
    two.status = 503;
    two.headers = { 'retry-after': '7' };
    await assert.rejects(told.tell(verdict('failed')), { reason: 'ChannelUnavailable', retryAfter: 7 });
    two.status = null;
    await assert.rejects(told.tell(verdict('failed')), { reason: 'ChannelUnavailable' });
    two.status = 403;
    two.headers = {};
    await assert.rejects(told.tell(verdict('failed')), { name: 'Stalled', reason: 'ChannelRefused' });
    assert.equal(one.taken.length, 1);
    assert.equal((await topic.received()).length, 1);
    two.status = 204;
    await told.tell(verdict('failed'));
    assert.deepEqual([one.asked.length, two.taken.length], [1, 1]);
    assert.equal((await topic.received()).length, 0);
  });

  it('names a channel that refuses without what its address may hide', async () => {
    told.settings = { webhooks: [{ url: `${one.url}/hook/a-secret-in-the-path`, secret: SECRET }] };
    one.status = 404;
    await assert.rejects(told.tell(verdict('failed')), Stalled);
    const lines = JSON.stringify(told.logged);
    assert.match(lines, /127\.0\.0\.1/u);
    assert.doesNotMatch(lines, /a-secret/u);
  });

  it('goes by the topic though the settings of the others can’t be read', async () => {
    const deps = {
      ...told.deps,
      notifications: async () => {
        throw new Retryable('SecretStoreUnavailable', 'The secret store did not answer as it should.');
      },
    };
    await assert.rejects(notify(verdict('failed'), deps), { reason: 'SecretStoreUnavailable' });
    assert.equal((await topic.received()).length, 1);
  });

  it('is not told by a guess while the table is not to be had', async () => {
    const down = async (): Promise<never> => {
      throw new Retryable('TableUnavailable', 'The table of small state did not answer as it should.');
    };
    const table: Table = { read: down, write: down };
    await assert.rejects(notify(outcome('Stalled'), { ...told.deps, table }), { reason: 'TableUnavailable' });
    assert.deepEqual([one.asked.length, two.asked.length], [0, 0]);
  });

  it('is remembered while it is announced, and for three months after', async () => {
    for (let days = 0; days < 300; days += 4) {
      await told.tell(outcome('Rejected'));
      told.now = new Date(told.now.getTime() + 4 * DAY);
    }
    assert.equal(one.taken.length, 1);
    told.now = new Date(told.now.getTime() + 91 * DAY);
    await told.tell(outcome('Rejected'));
    assert.equal(one.taken.length, 2);
  });

  it('of a stall is told anew when nothing was heard of it for a day', async () => {
    for (let hours = 0; hours < 72; hours++) {
      await told.tell(outcome('Stalled'));
      told.now = new Date(told.now.getTime() + DAY / 24);
    }
    assert.equal(one.taken.length, 1);
    told.now = new Date(told.now.getTime() + DAY);
    await told.tell(outcome('Stalled'));
    assert.equal(one.taken.length, 2);
  });

  it('that an invocation left behind half sent comes again after a while', async () => {
    const gone = await Promise.race([
      notify(verdict('delivered'), {
        ...told.deps,
        notifications: async () => ({ webhooks: [] }),
        topic: { id: 'crash', send: () => new Promise(() => {}) },
      }),
      new Promise((done) => setImmediate(done, 'gone')),
    ]);
    assert.equal(gone, 'gone');
    const sent: string[] = [];
    const topicAgain = { id: 'crash', send: async (_: unknown, __: unknown, key: string) => void sent.push(key) };
    const again = { ...told.deps, notifications: async () => ({ webhooks: [] }), topic: topicAgain };
    await assert.rejects(notify(verdict('delivered'), again), { reason: 'NoticeUnderWay' });
    told.now = new Date(told.now.getTime() + 91_000);
    await notify(verdict('delivered'), again);
    assert.equal(sent.length, 1);
  });

  it('of each kind reaches people, but a plain landing and what is for gitferry itself', async () => {
    const events = [
      landed(),
      landed({ reverts: release(1), release: release(5) }),
      ...['delivered', 'failed', 'superseded', 'timed-out', 'inconclusive'].map((verdictOf, at) =>
        verdict(verdictOf, { release: release(10 + at) }),
      ),
      ...(['Rejected', 'Waiting', 'Stalled', 'TakenBack'] as const).map((type) => outcome(type)),
      outcome('Stalled', { id: 'x', unit: null, source: null }),
      drift(false),
      nudgeFailed(),
      { source: 'gitferry', 'detail-type': 'SweepContinues', detail: {} },
      { source: 'gitferry', 'detail-type': 'Lifted', detail: {} },
      { source: 'gitferry', 'detail-type': 'constructor', detail: {} },
    ];
    for (const event of events) await told.tell(event);
    assert.deepEqual(subjects(one), [
      'production: web 1.4.0 was taken back',
      'production: web 1.4.0 is delivered',
      'production: web 1.4.0 FAILED',
      'production: web 1.4.0 was followed by a newer release',
      'production: web 1.4.0 DID NOT FINISH IN TIME',
      'production: nobody can tell whether web 1.4.0 is delivered',
      'production: web was rejected: KindNotAllowed',
      'production: web waits for a person: KindNotAllowed',
      "production: gitferry can't go on: KindNotAllowed",
      'production: a person took web back',
      "production: gitferry can't go on: KindNotAllowed",
      'production: Deployment shop/web in eu is not what Git says',
      "production: eu can't be told of releases",
    ]);
  });

  it('that is none is kept, not passed over', async () => {
    for (const event of [
      null,
      {},
      { source: 'other', 'detail-type': 'Verdict', detail: {} },
      verdict('delivered', { unit: 7 }),
    ])
      await assert.rejects(told.tell(event));
    assert.equal(one.asked.length, 0);
  });
});

describe('an incident', () => {
  it('is told when it begins and when it is over, and again when it comes back', async () => {
    const at = (minute: number): string => `2030-01-01T12:${String(minute).padStart(2, '0')}:00.000Z`;
    const states = [false, false, true, true, false, true];
    for (const [minute, gone] of states.entries()) await told.tell(drift(gone, at(minute)));
    const of = {
      begins: 'Deployment shop/web in eu is not what Git says',
      ends: 'Deployment shop/web in eu is as in Git again',
    };
    assert.deepEqual(
      subjects(one),
      [of.begins, of.ends, of.begins, of.ends].map((text) => `production: ${text}`),
    );
    assert.deepEqual(
      one.taken.map(({ body }) => JSON.parse(body).severity),
      ['problem', 'recovered', 'problem', 'recovered'],
    );
  });

  it('that was over before anybody heard of it is not told, nor its beginning that comes late', async () => {
    await told.tell(drift(true, '2030-01-01T12:05:00.000Z'));
    await told.tell(drift(false, '2030-01-01T12:00:00.000Z'));
    assert.deepEqual(subjects(one), []);
    await told.tell(drift(false, '2030-01-01T12:09:00.000Z'));
    assert.equal(subjects(one).length, 1);
  });

  it('whose end could not be told is told by it later', async () => {
    await told.tell(drift(false, '2030-01-01T12:00:00.000Z'));
    one.status = 500;
    await assert.rejects(told.tell(drift(true, '2030-01-01T12:05:00.000Z')));
    one.status = 200;
    await told.tell(drift(true, '2030-01-01T12:05:00.000Z'));
    assert.deepEqual([subjects(one).length, subjects(two).length], [2, 2]);
  });

  it('of a unit ends with the first release that is delivered after one that failed', async () => {
    await told.tell(verdict('delivered', { release: release(1) }));
    await told.tell(verdict('failed', { release: release(2), revertedBy: release(3) }));
    two.status = 500;
    await assert.rejects(
      told.tell(verdict('delivered', { release: release(3), version: '1.3.0', reverts: release(2) })),
    );
    two.status = 200;
    await told.tell(verdict('delivered', { release: release(4), version: '1.5.0' }));
    await told.tell(verdict('delivered', { release: release(3), version: '1.3.0', reverts: release(2) }));
    assert.deepEqual(subjects(one), [
      'production: web 1.4.0 is delivered',
      'production: web 1.4.0 FAILED and was taken back',
      'production: web 1.3.0 has recovered, as it was before',
      'production: web 1.5.0 is delivered',
    ]);
    assert.deepEqual(subjects(two).sort(), subjects(one).sort(), 'each channel has the same words');
  });
});

describe('whatever happens to channels and announcements', () => {
  it('each channel has each notice exactly once when all have been up at last', async () => {
    const events = [verdict('failed'), outcome('Rejected'), outcome('Waiting', { id: release(7) }), nudgeFailed()];
    const step = fc.record({
      event: fc.nat({ max: events.length - 1 }),
      up: fc.tuple(fc.boolean(), fc.boolean()),
      times: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        one.taken.length = 0;
        two.taken.length = 0;
        const fresh = teller(told.settings);
        const all = [...steps, ...events.map((_, event) => ({ event, up: [true, true], times: 1 }))];
        for (const { event, up, times } of all) {
          [one.status, two.status] = up.map((works) => (works ? 200 : 503)) as [number, number];
          await Promise.allSettled(Array.from({ length: times }, () => fresh.tell(events[event])));
        }
        for (const post of [one, two])
          assert.deepEqual(post.taken.map(({ body }) => JSON.parse(body).type).sort(), [
            'NudgeFailed',
            'Rejected',
            'Verdict',
            'Waiting',
          ]);
      }),
      { numRuns: 25 },
    );
  });
});

it('the commit that a text speaks of can be looked at', async () => {
  await told.tell(verdict('delivered'));
  assert.match(
    JSON.parse(one.taken[0]?.body ?? '').text,
    new RegExp(`https://github\\.com/acme/fleet/commit/${COMMIT}`, 'u'),
  );
});
