import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { commitUrl, hostOf } from '../../functions/notify/host.ts';
import { COMMIT, landed, outcome, release, verdict } from './notices.ts';
import { type Post, startPost, type Told, teller } from './servers.ts';

const TOKEN = 'a-token-of-the-host';

const host: Post = await startPost();
after(() => host.close());

let told: Told;
beforeEach(() => {
  host.taken.length = 0;
  host.asked.length = 0;
  host.status = 201;
});

const shown = (): string[] => host.taken.map(({ body }) => JSON.parse(body).state);

describe('GitHub', () => {
  const repository = `${host.url}/acme/fleet.git`;
  beforeEach(() => {
    told = teller({ github: { token: TOKEN, url: host.url } });
  });

  it('shows what became of a commit, and is not asked again for what it shows', async () => {
    for (const event of [landed({ repository }), landed({ repository }), verdict('delivered', { repository })])
      await told.tell(event);
    await told.tell(landed({ repository }));
    assert.deepEqual(shown(), ['pending', 'success']);
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = host.taken;
    assert.equal(path, `POST /api/v3/repos/acme/fleet/statuses/${COMMIT}`);
    assert.equal(headers.authorization, `Bearer ${TOKEN}`);
    assert.deepEqual(JSON.parse(body), {
      state: 'pending',
      context: 'gitferry/production',
      description: 'Landed, and followed in the cluster',
    });
  });

  it('shows that a release landed, and waits for nothing, where no cluster is connected', async () => {
    told = teller({ github: { token: TOKEN, url: host.url } }, null, false);
    await told.tell(landed({ repository }));
    const { state, description } = JSON.parse(host.taken.at(-1)?.body ?? '');
    assert.deepEqual([state, description], ['success', 'Landed; no cluster is connected']);
  });

  it('shows each verdict, and what went wrong in a few words', async () => {
    const cases = [
      ['delivered', 'success', 'Delivered'],
      ['failed', 'failure', `Failed in the cluster: ${'x'.repeat(116)}…`],
      ['timed-out', 'failure', `Failed in the cluster: ${'x'.repeat(116)}…`],
      ['superseded', 'error', `Not known whether it is delivered: ${'x'.repeat(104)}…`],
      ['inconclusive', 'error', `Not known whether it is delivered: ${'x'.repeat(104)}…`],
    ] as const;
    for (const [at, [outcome, state, description]] of cases.entries()) {
      const more = { repository, commit: String(at).repeat(40), message: 'x'.repeat(500) };
      await told.tell(verdict(outcome, more));
      const given = JSON.parse(host.taken.at(-1)?.body ?? '');
      assert.deepEqual([given.state, given.description], [state, description]);
      assert.ok(given.description.length <= 140);
    }
  });

  it('shows the worst of the units of a commit, in whatever order and at once', async () => {
    const units = ['a', 'b', 'c'].map((unit) => ({ unit, repository }));
    const [a, b, c] = units;
    const events = [
      ...units.map((unit) => landed(unit)),
      verdict('delivered', a),
      verdict('failed', b),
      verdict('delivered', c),
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(events, { minLength: 6 }),
        fc.integer({ min: 1, max: 6 }),
        async (order, width) => {
          host.taken.length = 0;
          const fresh = teller(told.settings);
          for (let at = 0; at < order.length; at += width)
            await Promise.all(order.slice(at, at + width).map((event) => fresh.tell(event)));
          assert.equal(shown().at(-1), 'failure');
          assert.match(
            JSON.parse(host.taken.at(-1)?.body ?? '').description,
            /^Failed in the cluster(?: \(1 of \d units\))?/u,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is asked again when it did not take it', async () => {
    host.status = 502;
    await assert.rejects(told.tell(verdict('failed', { repository })), { reason: 'ChannelUnavailable' });
    host.status = 201;
    await told.tell(verdict('failed', { repository }));
    assert.deepEqual(shown(), ['failure']);
  });

  it('that asks for patience gets it, and one that refuses a token is told of without it', async () => {
    host.status = 403;
    host.headers = { 'x-ratelimit-remaining': '0' };
    await assert.rejects(told.tell(verdict('failed', { repository })), { name: 'Retryable' });
    host.headers = {};
    await assert.rejects(told.tell(verdict('failed', { repository })), { name: 'Stalled', reason: 'ChannelRefused' });
    assert.doesNotMatch(JSON.stringify(told.logged), new RegExp(TOKEN, 'u'));
  });

  it('hears nothing of what is no commit of its own', async () => {
    await told.tell(outcome('Rejected', { repository }));
    await told.tell(verdict('failed', { repository: 'https://git.example.org/acme/fleet.git', release: release(9) }));
    await told.tell(verdict('failed', { repository: 'https://github.com/acme/fleet.git', release: release(9) }));
    assert.equal(host.asked.length, 0);
  });
});

describe('GitLab', () => {
  it('shows what became of a commit, by names that it understands', async () => {
    const repository = `${host.url}/git/acme/platform/fleet.git`;
    told = teller({ gitlab: { token: TOKEN, url: `${host.url}/git` } });
    await told.tell(landed({ repository }));
    await told.tell(verdict('failed', { repository }));
    await told.tell(verdict('inconclusive', { repository, commit: 'b'.repeat(40) }));
    assert.deepEqual(shown(), ['pending', 'failed', 'canceled']);
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = host.taken;
    assert.equal(path, `POST /git/api/v4/projects/acme%2Fplatform%2Ffleet/statuses/${COMMIT}`);
    assert.equal(headers['private-token'], TOKEN);
    assert.equal(JSON.parse(body).name, 'gitferry/production');
  });
});

describe('the host of a repository', () => {
  const oid = '1'.repeat(40);
  const cases: readonly (readonly [string, object, string | null])[] = [
    ['https://github.com/acme/fleet.git', {}, `https://github.com/acme/fleet/commit/${oid}`],
    ['https://github.com/acme/fleet/', {}, `https://github.com/acme/fleet/commit/${oid}`],
    ['https://gitlab.com/a/b/c.git', {}, `https://gitlab.com/a/b/c/-/commit/${oid}`],
    [
      'https://git.example.org/a/b',
      { gitlab: { token: TOKEN, url: 'https://git.example.org/' } },
      `https://git.example.org/a/b/-/commit/${oid}`,
    ],
    ['https://git.example.org/a/b', { github: { token: TOKEN } }, null],
    ['https://git.example.org/a/b', {}, null],
    ['https://github.com/acme', {}, null],
    ['https://github.com/acme/fl%0aeet', {}, null],
    ['https://github.com.evil.example/acme/fleet', {}, null],
    ['no address', {}, null],
  ];
  for (const [repository, access, url] of cases)
    it(`${repository} shows commits at ${url}`, () => {
      const found = hostOf(repository, access);
      assert.equal(found === null ? null : commitUrl(found, oid), url);
    });
});
