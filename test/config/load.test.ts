import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEnvironment } from '../../shared/config/load.ts';
import { Stalled } from '../../shared/errors.ts';

const complete = {
  GITFERRY_DEPLOYMENT: 'production',
  GITFERRY_REPOSITORY: 'https://git.acme.example/main.git',
  GITFERRY_CHANGES_QUEUE: 'https://sqs.eu-west-1.amazonaws.com/123456789012/changes',
  GITFERRY_BUS: 'gitferry',
};

test('what must be there, and what need not be', () => {
  assert.deepEqual(loadEnvironment(complete), {
    deployment: 'production',
    repository: 'https://git.acme.example/main.git',
    branch: 'main',
    changesQueue: 'https://sqs.eu-west-1.amazonaws.com/123456789012/changes',
    bus: 'gitferry',
    credentialsSecret: null,
    credentials: null,
    signingKeySecret: null,
    signingKey: null,
    registriesSecret: null,
    registries: null,
    privateRegistries: [],
  });
});

test('all that is missing is named at once', () => {
  assert.throws(
    () => loadEnvironment({ GITFERRY_BUS: '' }),
    (error) =>
      error instanceof Stalled &&
      error.reason === 'EnvironmentIncomplete' &&
      Object.keys(complete).every((name) => error.message.includes(name) && error.hint.includes(name)),
  );
});

test('credentials come by the name of a secret, or directly', () => {
  const { credentialsSecret, signingKeySecret } = loadEnvironment({
    ...complete,
    GITFERRY_GIT_SECRET: 'git',
    GITFERRY_SIGNING_SECRET: 'signing',
  });
  assert.deepEqual([credentialsSecret, signingKeySecret], ['git', 'signing']);
  assert.deepEqual(loadEnvironment({ ...complete, GITFERRY_GIT_TOKEN: 't' }).credentials, { token: 't' });
  const basic = { GITFERRY_GIT_USERNAME: 'u', GITFERRY_GIT_PASSWORD: 'p' };
  assert.deepEqual(loadEnvironment({ ...complete, ...basic }).credentials, { username: 'u', password: 'p' });
});

test('an address that is not https, or holds a password, stalls and is not repeated', () => {
  const bad = ['http://git.acme.example/main.git', 'ssh://git@host/x', 'git@host:x', 'https://u:secret@host/x', ''];
  for (const repository of bad)
    assert.throws(
      () => loadEnvironment({ ...complete, GITFERRY_REPOSITORY: repository }),
      (error) =>
        error instanceof Stalled && !JSON.stringify([error.message, error.hint, error.facts]).includes('secret'),
      repository,
    );
  for (const repository of ['http://127.0.0.1:8080/main.git', 'http://localhost/main.git'])
    assert.equal(loadEnvironment({ ...complete, GITFERRY_REPOSITORY: repository }).repository, repository);
});

test('names that would lead out of their refs stall', () => {
  for (const name of ['../x', 'a..b', '/a', 'a/', 'a b', 'a~1', 'x.lock', 'a/.b', '-x', 'a\n'])
    for (const variable of ['GITFERRY_DEPLOYMENT', 'GITFERRY_BRANCH'])
      assert.throws(() => loadEnvironment({ ...complete, [variable]: name }), Stalled, `${variable}=${name}`);
  assert.equal(loadEnvironment({ ...complete, GITFERRY_BRANCH: 'release/v1.2' }).branch, 'release/v1.2');
});

test('private registries are a list of hosts, with commas between', () => {
  const load = (value: string) =>
    loadEnvironment({ ...complete, GITFERRY_PRIVATE_REGISTRIES: value }).privateRegistries;
  assert.deepEqual(load('127.0.0.1:5055, harbor.example,[::1]:5000'), [
    '127.0.0.1:5055',
    'harbor.example',
    '[::1]:5000',
  ]);
  assert.deepEqual(load(' '), []);
  for (const bad of ['https://harbor.example', 'harbor.example/path', 'a,,b', '*', '10.0.0.0/8', 'a b', 'u:p@host'])
    assert.throws(() => load(bad), { name: 'Stalled', reason: 'EnvironmentInvalid' }, bad);
});
