import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { parseRegistryCredentials, registryCredentials } from '../../shared/config/registries.ts';
import { Stalled } from '../../shared/errors.ts';

const ADA = { username: 'ada', password: 'p4ss:word' };

it('reads credentials by host, under the name that images have', () => {
  const text = JSON.stringify({ 'Quay.io': ADA, 'index.docker.io': { token: 't0ken' }, 'registry.example:5000': ADA });
  assert.deepEqual(
    [...parseRegistryCredentials(text)],
    [
      ['quay.io', ADA],
      ['docker.io', { token: 't0ken' }],
      ['registry.example:5000', ADA],
    ],
  );
  assert.equal(parseRegistryCredentials('{}').size, 0);
  assert.equal(parseRegistryCredentials('{"__proto__": {"token": "t0ken"}}').size, 0);
});

const unusable: readonly unknown[] = [
  ...[null, [], 's3cret', { 'quay.io': 's3cret' }, { 'quay.io': { token: 's3cret', username: 'ada' } }],
  ...[{ 'quay.io': { ...ADA, password: 's3cret', more: 1 } }, { 'quay.io': { username: 'ada' } }, { 'quay.io': {} }],
  ...[{ 'quay.io': { token: 's3cret\r\nx: y' } }, { 'quay.io': { token: 'a s3cret' } }, { s3cret: { token: 'x' } }],
  ...[{ 'quay.io': { username: 's3:cret', password: 'x' } }, { 'https://s3cret/': { token: 'x' } }],
  ...[{ 's3cret.io/x': { token: 'x' } }, { 's3cret@quay.io': { token: 'x' } }, { username: 'ada', password: 's3cret' }],
];
for (const value of [...unusable.map((one) => JSON.stringify(one)), '{"s3cret"', ''])
  it(`does not take ${value}, nor repeat it`, () => {
    assert.throws(
      () => parseRegistryCredentials(value),
      (error) => {
        assert.ok(error instanceof Stalled && error.reason === 'RegistryCredentialsUnusable');
        const { message, hint, facts, stack, cause } = error;
        assert.ok(!/s3.?cret/u.test(JSON.stringify([message, hint, facts, stack, cause])), message);
        return true;
      },
    );
  });

/** A secret store that holds these values, one a reading; then the last for ever. */
function store(...values: readonly (string | Error)[]): { client: SecretsManagerClient; readonly read: number } {
  const client = new SecretsManagerClient({ region: 'local' });
  let read = 0;
  client.send = (async () => {
    const value = values[Math.min(read, values.length - 1)];
    read += 1;
    if (value instanceof Error) throw value;
    return { SecretString: value };
  }) as typeof client.send;
  return {
    client,
    get read() {
      return read;
    },
  };
}

const one = (password: string): string => JSON.stringify({ 'quay.io': { username: 'ada', password } });

it('reads the secret when it is first needed, once, and again when a registry refuses what it holds', async () => {
  const secrets = store(one('old'), one('new'), one('new'));
  const credentials = registryCredentials({ registriesSecret: 'id', registries: null }, secrets.client);
  assert.equal(secrets.read, 0);
  const [old, same, other] = await Promise.all([
    credentials('quay.io'),
    credentials('quay.io'),
    credentials('ghcr.io'),
  ]);
  assert.deepEqual([old, other, secrets.read], [{ username: 'ada', password: 'old' }, null, 1]);
  assert.equal(old, same);

  const fresh = await credentials('quay.io', old);
  assert.deepEqual([fresh, secrets.read], [{ username: 'ada', password: 'new' }, 2]);
  assert.equal(await credentials('quay.io', old), fresh, 'what another has read meanwhile');
  assert.equal(secrets.read, 2);
  assert.equal(await credentials('quay.io', fresh), fresh, 'there are no others');
});

it('reads the secret again after it could not be read', async () => {
  const secrets = store(new Error('down'), one('new'));
  const credentials = registryCredentials({ registriesSecret: 'id', registries: null }, secrets.client);
  await assert.rejects(credentials('quay.io'), { name: 'Retryable', reason: 'SecretStoreUnavailable' });
  assert.deepEqual(await credentials('quay.io'), { username: 'ada', password: 'new' });
});

it('takes credentials from the environment, or none', async () => {
  const secrets = store(new Error('nobody asks'));
  const held = registryCredentials({ registriesSecret: null, registries: one('held') }, secrets.client);
  const given = await held('quay.io');
  assert.deepEqual(given, { username: 'ada', password: 'held' });
  assert.equal(await held('quay.io', given), given);
  const none = registryCredentials({ registriesSecret: null, registries: null }, secrets.client);
  assert.equal(await none('quay.io', null), null);
  assert.equal(secrets.read, 0);
});
