import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { loadReceiveEnvironment } from '../../shared/config/load.ts';
import { parseWebhookSecrets, webhookSecrets } from '../../shared/config/webhooks.ts';
import { Retryable, Stalled } from '../../shared/errors.ts';

const DOORS = ['quay', 'github'];
const [OLD, NEW] = ['the-old-secret-of-quay', 'the-new-secret-of-quay'];
const queue = {
  GITFERRY_CHANGES_QUEUES: 'https://sqs.eu-west-1.amazonaws.com/123456789012/changes',
  GITFERRY_LOOKS_QUEUES: 'https://sqs.eu-west-1.amazonaws.com/123456789012/looks',
};

/** A secret store that holds one text, which may be changed, or does not answer. */
function storeOf(held: { text: string | null }) {
  const asked: string[] = [];
  const send = async ({ input }: { input: { SecretId: string } }) => {
    asked.push(input.SecretId);
    if (held.text === null) throw Object.assign(new Error('down'), { $metadata: { httpStatusCode: 500 } });
    return { SecretString: held.text };
  };
  return { client: { send } as unknown as SecretsManagerClient, asked };
}

describe('fault 17: receive does not start without secrets', () => {
  it('names what is missing', () => {
    assert.throws(
      () => loadReceiveEnvironment({}),
      (error) =>
        error instanceof Stalled &&
        error.reason === 'EnvironmentIncomplete' &&
        /GITFERRY_CHANGES_QUEUES, GITFERRY_LOOKS_QUEUES, GITFERRY_WEBHOOK_SECRET/u.test(error.message),
    );
    assert.throws(() => loadReceiveEnvironment({ ...queue, GITFERRY_WEBHOOK_SECRET: '' }), Stalled);
  });

  it('needs nothing of the repository', () => {
    assert.deepEqual(loadReceiveEnvironment({ ...queue, GITFERRY_WEBHOOK_SECRET: 'id' }), {
      changesQueues: [queue.GITFERRY_CHANGES_QUEUES],
      looksQueues: [queue.GITFERRY_LOOKS_QUEUES],
      webhookSecret: 'id',
      webhookSecrets: null,
    });
    assert.equal(loadReceiveEnvironment({ ...queue, GITFERRY_WEBHOOK_SECRETS: '{}' }).webhookSecrets, '{}');
  });

  it('refuses at once what the environment holds and can’t be used', () => {
    const environment = loadReceiveEnvironment({ ...queue, GITFERRY_WEBHOOK_SECRETS: '{}' });
    assert.throws(() => webhookSecrets(environment, DOORS, storeOf({ text: null }).client, Date.now), Stalled);
  });
});

test('a door has one secret, or two while it is changed', () => {
  const secrets = parseWebhookSecrets(JSON.stringify({ quay: [NEW, OLD], github: OLD }), DOORS);
  assert.deepEqual(
    [...secrets],
    [
      ['quay', [NEW, OLD]],
      ['github', [OLD]],
    ],
  );
});

test('what can’t be used stalls, and none of it is repeated', () => {
  const short = 'short-secret-15';
  const bad: unknown[] = [
    ...['', 'plain', '7', 'null', '[]', '"x"', '{', '{}'],
    ...[{ quay: short }, { quay: '' }, { quay: [] }, { quay: [NEW, OLD, NEW] }, { quay: [NEW, short] }, { quay: 7 }],
    ...[{ quay: null }, { quay: { a: NEW } }, { quay: `${NEW}\n` }, { quay: `${NEW} x` }, { quay: `${NEW}\u0000` }],
    ...[{ quey: NEW }, { quay: NEW, QUAY: NEW }, { [NEW]: 'quay' }, '{"__proto__":"a-secret-of-16-chars"}'],
  ];
  for (const value of bad) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    assert.throws(
      () => parseWebhookSecrets(text, DOORS),
      (error) => {
        assert.ok(error instanceof Stalled && error.reason === 'WebhookSecretsUnusable', text);
        const told = JSON.stringify([error.message, error.hint, error.facts, String(error.cause)]);
        return ![NEW, OLD, short].some((secret) => told.includes(secret));
      },
      text,
    );
  }
});

test('a change in the secret store counts within a minute, and the store is asked no more often', async () => {
  const held: { text: string | null } = { text: JSON.stringify({ quay: OLD }) };
  const { client, asked } = storeOf(held);
  let now = 1_000_000;
  const environment = loadReceiveEnvironment({ ...queue, GITFERRY_WEBHOOK_SECRET: 'webhooks' });
  const secrets = webhookSecrets(environment, DOORS, client, () => now);
  assert.deepEqual([(await secrets()).get('quay'), asked], [[OLD], ['webhooks']]);
  held.text = JSON.stringify({ quay: [NEW, OLD] });
  now += 59_999;
  assert.deepEqual([(await secrets()).get('quay'), asked.length], [[OLD], 1]);
  now += 1;
  assert.deepEqual([(await secrets()).get('quay'), asked.length], [[NEW, OLD], 2]);
  held.text = null;
  now += 60_000;
  await assert.rejects(secrets(), Retryable);
  held.text = 'no JSON';
  await assert.rejects(secrets(), Stalled);
  held.text = JSON.stringify({ github: NEW });
  assert.deepEqual([...(await secrets()).keys()], ['github']);
});
