import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { eventText } from '../change/fixture.ts';
import { fixture, pushTo, signed } from '../receive/knock.ts';
import { startStack, type TestStack, WEBHOOK_SECRET } from '../servers/stack.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('a webhook, sent over HTTP to the bundled function', () => {
  let code: string;
  let stack: TestStack;
  before(async () => {
    // The real door, and behind the queue a function that tells what it was given.
    code = await mkdtemp(join(tmpdir(), 'gitferry-code-'));
    await mkdir(join(code, 'functions'));
    await symlink(join(ROOT, 'functions/receive'), join(code, 'functions/receive'));
    for (const name of ['mirror', 'nudge', 'verify', 'notify', 'sweep'])
      await symlink(join(ROOT, 'test/infra/echo/functions', name), join(code, 'functions', name));
    stack = await startStack({ code });
  });
  after(async () => {
    await stack.stop();
    await rm(code, { recursive: true });
  });

  let seen = 0;
  /** What came through the queue since the last call. */
  async function changes(): Promise<unknown[]> {
    await stack.settled();
    const all = stack.events.flatMap(({ detail }) => detail.changes as { own?: unknown; type?: unknown }[]);
    const fresh = all.slice(seen);
    seen = all.length;
    return fresh.map(({ own, type }) => own ?? type);
  }

  const post = (path: string, body: string, headers: Readonly<Record<string, string>>) =>
    fetch(`${stack.receiveUrl}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });

  it('becomes a change in the queue: signed, by a token, and by a secret in the path', async () => {
    const signedPush = pushTo('github');
    const body = JSON.stringify(signedPush.body);
    const headers = { ...signedPush.headers, 'X-Hub-Signature-256': signed(WEBHOOK_SECRET, body) };
    const answer = await post('/github', body, headers);
    assert.deepEqual([answer.status, await answer.json()], [202, { changes: 1 }]);
    assert.deepEqual(
      await changes(),
      signedPush.told.map((change) => ({ gitferry: 'change', ...change })),
    );

    const tokened = pushTo('distribution');
    const authorization = `Bearer ${WEBHOOK_SECRET}`;
    assert.equal(
      (await post('/distribution', JSON.stringify(tokened.body), { ...tokened.headers, authorization })).status,
      202,
    );
    assert.deepEqual(
      await changes(),
      tokened.told.map((change) => ({ gitferry: 'change', ...change })),
    );

    const plain = pushTo('quay');
    assert.equal((await post(`/quay/${WEBHOOK_SECRET}`, JSON.stringify(plain.body), {})).status, 202);
    assert.deepEqual(
      await changes(),
      plain.told.map((change) => ({ gitferry: 'change', ...change })),
    );
  });

  it('leaves the queue as it is when it says nothing, or its caller does not know the secret', async () => {
    const pull = fixture('distribution', 'pull');
    const nothing = await post('/distribution', JSON.stringify(pull.body), { authorization: WEBHOOK_SECRET });
    assert.deepEqual([nothing.status, ((await nothing.json()) as { reason: string }).reason], [200, 'NotAPush']);
    const push = JSON.stringify(pushTo('quay').body);
    for (const [path, status] of [
      ['/quay/wrong', 401],
      ['/nowhere', 404],
    ] as const)
      assert.equal((await post(path, push, {})).status, status);
    const got = await fetch(`${stack.receiveUrl}/quay/${WEBHOOK_SECRET}`);
    assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST']);
    assert.deepEqual(await changes(), []);
    assert.doesNotMatch(await readFile(join(stack.folder, 'receive.log'), 'utf8'), new RegExp(WEBHOOK_SECRET, 'u'));
  });

  it('ECR’s own event comes the same way without it', async () => {
    const { source, detail, 'detail-type': type } = JSON.parse(eventText('ecr-image-pushed'));
    const client = new EventBridgeClient({
      endpoint: stack.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    });
    await client.send(
      new PutEventsCommand({ Entries: [{ Source: source, DetailType: type, Detail: JSON.stringify(detail) }] }),
    );
    client.destroy();
    assert.deepEqual(await changes(), ['ECR Image Action']);
  });
});

describe('without secrets', () => {
  it('fault 17: receive does not start', async () => {
    const stack = await startStack({ environment: { GITFERRY_WEBHOOK_SECRETS: '' } });
    try {
      const answer = await fetch(`${stack.receiveUrl}/quay/${WEBHOOK_SECRET}`, { method: 'POST', body: '{}' });
      assert.equal(answer.status, 502);
      assert.match(await readFile(join(stack.folder, 'receive.log'), 'utf8'), /GITFERRY_WEBHOOK_SECRET/u);
    } finally {
      await stack.stop();
    }
  });
});
