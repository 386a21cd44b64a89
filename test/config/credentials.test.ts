import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorizationOf, parseCredentials } from '../../shared/config/credentials.ts';
import { Stalled } from '../../shared/errors.ts';

test('a secret holds a token, or a user name and a password', () => {
  assert.deepEqual(parseCredentials('{"token":"t","note":"kept"}'), { token: 't' });
  assert.deepEqual(parseCredentials('{"username":"u","password":"p:q"}'), { username: 'u', password: 'p:q' });
});

test('any other secret stalls, and is not repeated', () => {
  for (const secret of [
    'hunter2',
    '{}',
    '{"token":""}',
    '{"token":"hunter2\\nX: y"}',
    '{"username":"hunter2"}',
    'null',
  ])
    assert.throws(
      () => parseCredentials(secret),
      (error) =>
        error instanceof Stalled && !JSON.stringify([error.message, error.hint, error.facts]).includes('hunter2'),
    );
});

test('the header is Basic, a token being a password', () => {
  const decoded = (header: string): string => Buffer.from(header.replace('Basic ', ''), 'base64').toString();
  assert.equal(decoded(authorizationOf({ username: 'u', password: 'p' })), 'u:p');
  assert.equal(decoded(authorizationOf({ token: 't' })), 'x-access-token:t');
});
