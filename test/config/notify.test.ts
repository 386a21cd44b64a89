import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { loadNotifyEnvironment, notificationsOf, parseNotifications } from '../../shared/config/notify.ts';

const SECRET = 'sixteen characters';
const TOKEN = 'a-token-that-is-one';

describe('where people are told', () => {
  it('is nowhere, unless it is said', () => {
    assert.deepEqual(parseNotifications('{}'), { webhooks: [] });
  });

  it('is by https, or on this machine', () => {
    const webhooks = ['https://chat.example.org/hook?x=1', 'http://127.0.0.1:8080/', 'http://localhost/x'].map(
      (url) => ({ url, secret: SECRET }),
    );
    const github = { token: TOKEN, url: 'https://github.example.org' };
    const settings = { webhooks, github, gitlab: { token: TOKEN } };
    assert.deepEqual(parseNotifications(JSON.stringify(settings)), settings);
  });

  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ['no JSON', 'https://x?secret-value', /can’t be read\.$/u],
    ['a list', [], /can’t be read\.$/u],
    ['plain http', { webhooks: [{ url: 'http://10.0.0.1/secret-value', secret: SECRET }] }, /at webhooks\.0\.url\.$/u],
    ['a scheme of its own', { webhooks: [{ url: 'file:///secret-value', secret: SECRET }] }, /at webhooks\.0\.url\.$/u],
    [
      'a password in an address',
      { webhooks: [{ url: 'https://a:secret-value@x.org/', secret: SECRET }] },
      /webhooks\.0\.url/u,
    ],
    ['a short secret', { webhooks: [{ url: 'https://x.org/', secret: 'secret-value' }] }, /webhooks\.0\.secret/u],
    ['too many', { webhooks: Array(11).fill({ url: 'https://x.org/', secret: SECRET }) }, /at webhooks\.$/u],
    ['a token with a line break', { github: { token: 'secret-value\nx: y' } }, /github\.token/u],
    ['an unknown key', { slack: 'secret-value' }, /can’t be read/u],
  ];
  for (const [what, value, words] of bad)
    it(`is not ${what}, and nothing of it is repeated`, () => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      assert.throws(
        () => parseNotifications(text),
        (error: Error & { reason: string; hint: string }) => {
          assert.equal(error.reason, 'NotificationsUnusable');
          assert.match(error.message, words);
          assert.doesNotMatch(error.message + error.hint + JSON.stringify(error), /secret-value/u);
          return true;
        },
      );
    });

  it('is read from the secret again after a minute', async () => {
    const texts = ['{}', JSON.stringify({ gitlab: { token: TOKEN } })];
    const client = { send: async () => ({ SecretString: texts.shift() }) } as unknown as SecretsManagerClient;
    let now = 0;
    const environment = {
      noticesQueue: 'q',
      table: 't',
      followed: true,
      topic: null,
      notifySecret: 'id',
      notifications: null,
    };
    const read = notificationsOf(environment, client, () => now);
    assert.equal((await read()).gitlab, undefined);
    now = 59_999;
    assert.equal((await read()).gitlab, undefined);
    now = 60_000;
    assert.equal((await read()).gitlab?.token, TOKEN);
  });

  it('is told by the environment, which must name the queue and the table', () => {
    const env = { GITFERRY_NOTICES_QUEUE: 'q', GITFERRY_TABLE: 't', GITFERRY_TOPIC: '', GITFERRY_NOTIFY_SECRET: 's' };
    assert.deepEqual(loadNotifyEnvironment(env), {
      noticesQueue: 'q',
      table: 't',
      followed: false,
      topic: null,
      notifySecret: 's',
      notifications: null,
    });
    assert.ok(loadNotifyEnvironment({ ...env, GITFERRY_CLUSTERS: 'eks:prod' }).followed);
    assert.throws(() => loadNotifyEnvironment({}), {
      reason: 'EnvironmentIncomplete',
      facts: { missing: ['GITFERRY_NOTICES_QUEUE', 'GITFERRY_TABLE'] },
    });
  });
});
