import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import nodeClient, { type HttpClient } from 'isomorphic-git/http/node';
import type { Credentials } from '../../shared/git/http.ts';
import { land } from '../../shared/git/land.ts';
import { type GitServer, type GitServerOptions, startGitServer } from '../servers/git-server.ts';
import { cold, MAIN, putting } from './branch.ts';

const FILES = { 'a.txt': 'a\n' };
const BASIC = `Basic ${Buffer.from('ada:s3cret-word').toString('base64')}`;

const always =
  (authorization: string): Credentials =>
  async () => ({ authorization });

for (const authorization of [BASIC, 'Bearer s3cret-token']) {
  test(`lands with ${authorization.split(' ')[0]} authorization`, async (t) => {
    const server = await startGitServer(FILES, { authorization });
    t.after(() => server.close());
    const remote = cold(server.url, { credentials: always(authorization) });
    assert.equal((await land(remote, MAIN, putting({ 'b.txt': 'b\n' }))).landed, true);
  });
}

test('takes credentials from the URL, and never shows them', async (t) => {
  const server = await startGitServer(FILES, { authorization: BASIC });
  t.after(() => server.close());
  const right = server.url.replace('//', '//ada:s3cret-word@');
  assert.equal((await cold(right).tips([MAIN])).size, 1);
  const wrong = server.url.replace('//', '//ada:wr0ng-word@');
  await assert.rejects(cold(wrong).tips([MAIN]), (error: Error & { reason: string }) => {
    assert.equal(error.reason, 'CredentialsRefused');
    assert.doesNotMatch(JSON.stringify([error, error.message, error.stack]), /wr0ng-word/u);
    return true;
  });
});

test('asks for fresh credentials once when the server answers 401, and then gives up', async (t) => {
  const server = await startGitServer(FILES, { authorization: BASIC });
  t.after(() => server.close());
  let asked = 0;
  const renewing: Credentials = async () => ({ authorization: ++asked === 1 ? 'Basic b2xk' : BASIC });
  assert.equal((await cold(server.url, { credentials: renewing }).tips([MAIN])).size, 1);
  assert.equal(asked, 2);

  const before = server.requests.length;
  const stale = cold(server.url, { credentials: always('Basic b2xk') });
  await assert.rejects(stale.tips([MAIN]), { name: 'Stalled', reason: 'CredentialsRefused' });
  assert.equal(server.requests.length - before, 2);
});

const PAGE = '<html>Please log in</html>';
const ANSWERS = [
  [{ status: 403 }, { name: 'Stalled', reason: 'AccessDenied' }],
  [{ status: 404 }, { name: 'Stalled', reason: 'RepositoryNotFound' }],
  [
    { status: 429, headers: { 'retry-after': '7' } },
    { name: 'Retryable', reason: 'RateLimited', retryAfter: 7 },
  ],
  [
    { status: 403, headers: { 'retry-after': '60' } },
    { name: 'Retryable', reason: 'RateLimited', retryAfter: 60 },
  ],
  [{ status: 500 }, { name: 'Retryable', reason: 'ServerUnavailable' }],
  [
    { status: 503, headers: { 'retry-after': '3' } },
    { name: 'Retryable', reason: 'ServerUnavailable', retryAfter: 3 },
  ],
  [
    { status: 200, headers: { 'content-type': 'text/html' }, body: PAGE },
    { name: 'Stalled', reason: 'NotAGitServer' },
  ],
  [
    { status: 200, headers: { 'content-type': 'application/x-git-upload-pack-advertisement' }, body: PAGE },
    { name: 'Retryable', reason: 'AnswerBroken' },
  ],
] as const;

for (const [answer, expected] of ANSWERS) {
  test(`classifies an answer ${JSON.stringify(answer)}`, async (t) => {
    const server = await startGitServer(FILES, { first: [answer] });
    t.after(() => server.close());
    await assert.rejects(cold(server.url).tips([MAIN]), expected);
  });
}

test('lands after the server asked to slow down for a moment', async (t) => {
  const server = await startGitServer(FILES, { first: [{ status: 429, headers: { 'retry-after': '2' } }] });
  t.after(() => server.close());
  const waits: number[] = [];
  const wait = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  const { attempts } = await land(cold(server.url), MAIN, putting({ 'b.txt': 'b\n' }), { wait });
  assert.equal(attempts, 2);
  assert.deepEqual(waits, [2000]);
});

test('sends nothing to the host that a redirect names, credentials least of all', async (t) => {
  const other = await startGitServer(FILES);
  t.after(() => other.close());
  const server = await startGitServer(FILES, { redirect: new URL(other.url).origin });
  t.after(() => server.close());
  const remote = cold(server.url, { credentials: always(BASIC) });
  await assert.rejects(remote.tips([MAIN]), { name: 'Stalled', reason: 'RepositoryMoved' });
  assert.deepEqual(other.requests, []);
});

test('follows a repository that was renamed on its host', async (t) => {
  const server = await startGitServer(FILES, {
    first: [{ status: 301, headers: { location: '/main.git/info/refs?service=git-upload-pack' } }],
  });
  t.after(() => server.close());
  const remote = cold(server.url.replace('main.git', 'old-name.git'));
  assert.equal((await land(remote, MAIN, putting({ 'b.txt': 'b\n' }))).landed, true);
  assert.ok(server.requests.slice(1).every(({ line }) => line.includes('/main.git/')));
});

test('trusts a private certificate authority when told, and only then', async (t) => {
  const pem = (name: string): Promise<string> => readFile(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
  const tls = { key: await pem('server.key'), cert: await pem('server.pem') };
  const server = await startGitServer(FILES, { tls });
  t.after(() => server.close());
  await assert.rejects(cold(server.url).tips([MAIN]), { name: 'Stalled', reason: 'CertificateRefused' });
  const remote = cold(server.url, { ca: await pem('ca.pem') });
  assert.equal((await land(remote, MAIN, putting({ 'b.txt': 'b\n' }))).landed, true);
});

/** Runs against a server and answers how long it took until the expected error. */
async function timed(options: GitServerOptions, run: (server: GitServer) => Promise<unknown>): Promise<number> {
  const server = await startGitServer(FILES, options);
  const begin = performance.now();
  try {
    await assert.rejects(run(server), { name: 'Retryable', reason: 'OutOfTime' });
    return performance.now() - begin;
  } finally {
    await server.close();
  }
}

test('a server that trickles, or does not answer at all, is bounded by the time that is left', async () => {
  const remaining = (): number => 250;
  for (const options of [{ trickle: 1 }, { latency: 60_000 }]) {
    const took = await timed(options, (server) => cold(server.url, { remaining }).tips([MAIN]));
    // Far more than 250 ms for a busy machine, and far less than either server takes.
    assert.ok(took < 20_000, `${took} ms`);
  }
  await timed({}, (server) => cold(server.url, { remaining: () => 0 }).tips([MAIN]));
});

test('an answer that is cut off at any byte is refused, and never taken for a whole one', async (t) => {
  const server = await startGitServer(FILES);
  t.after(() => server.close());
  const tip = (await cold(server.url).tips([MAIN])).get(MAIN) ?? '';
  for (const keep of [0, 3, 30, 60, 200]) {
    const cutting: HttpClient = {
      async request(options) {
        const answer = await nodeClient.request(options);
        if (options.method !== 'POST') return answer;
        const body = Buffer.concat(await Array.fromAsync(answer.body ?? []));
        return {
          ...answer,
          body: (async function* () {
            yield body.subarray(0, keep);
          })(),
        };
      },
    };
    const opening = cold(server.url, { http: cutting }).open(tip, ['a.txt']);
    await assert.rejects(opening, { name: 'Retryable', reason: /^(?:AnswerBroken|PackBroken|FetchRefused)$/u });
  }
});

test('a server that is not there is unreachable, not an error of ours', async () => {
  const server = await startGitServer(FILES);
  await server.close();
  await assert.rejects(cold(server.url).tips([MAIN]), { name: 'Retryable', reason: 'ServerUnreachable' });
});

test('words of the server are shown without what is secret', async (t) => {
  const hook = 'echo "token s3cret-word of https://ada:s3cret-word@host/ is bad" >&2; exit 1';
  const server = await startGitServer(FILES, { authorization: BASIC, hook });
  t.after(() => server.close());
  const remote = cold(server.url, { credentials: always(BASIC) });
  const tip = (await remote.tips([MAIN])).get(MAIN) ?? '';
  const moves = [MAIN, 'refs/heads/other'].map((ref) => ({ ref, from: ref === MAIN ? tip : null, to: tip }));
  const { refused } = await remote.push(moves, new Map());
  const words = refused.get('refs/heads/other') ?? '';
  assert.match(words, /token \*\*\* of/u);
  assert.doesNotMatch([...refused.values()].join(), /s3cret/u);
});

test('counts requests and bytes', async (t) => {
  const server = await startGitServer(FILES);
  t.after(() => server.close());
  const total = { requests: 0, sent: 0, received: 0 };
  const remote = cold(server.url, {
    onTraffic: ({ requests, sent, received }) => {
      total.requests += requests;
      total.sent += sent;
      total.received += received;
    },
  });
  await land(remote, MAIN, putting({ 'b.txt': 'b\n' }));
  assert.equal(total.requests, server.requests.length);
  assert.ok(total.sent > 200 && total.received > 300);
});
