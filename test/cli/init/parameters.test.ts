import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asHttps } from '../../../cli/init/origin.ts';
import { faultOf, parameter } from '../../../cli/init/parameters.ts';
import { questionsFor } from '../../../cli/init/questions.ts';

test('a value that the deployment or its functions would refuse is a fault', () => {
  const wrong = [
    ['repository', ''],
    ['repository', 'https://me:word@github.com/acme/fleet'],
    ['repository', 'http://github.com/acme/fleet'],
    ['branch', 'a..b'],
    ['stage', 'default'],
    ['stage', 'a b'],
    ['region', 'Ireland'],
    ['bucket', 'Acme'],
    ['create-bucket', 'perhaps'],
    ['git-secret', 'a:b'],
    ['git-secret', '/a'],
    ['git-secret', 'git-*'],
    ['clusters', 'eks:prod,prod'],
    ['topic', 'people'],
    ['ledger-bucket', 'x'],
  ] as const;
  for (const [name, value] of wrong) assert.notEqual(faultOf(name, value), null, `${name}=${value}`);
});

test('what does not fit is told in words, by no pattern', () => {
  const names = questionsFor({ region: undefined, origin: undefined }).map(({ name }) => name);
  for (const name of names) assert.doesNotMatch(faultOf(name, '\u0001') ?? '', /\^|\[\w|\]\(/u, name);
  assert.equal(faultOf('create-bucket', 'perhaps'), 'This does not fit: `false` when the bucket exists already.');
});

test('what both take is none', () => {
  const right = [
    ['repository', 'https://git.example.org:8443/acme/fleet.git'],
    ['branch', 'release/2026'],
    ['stage', 'production-2'],
    ['region', 'us-gov-west-1'],
    ['clusters', 'eks:prod, eks:prod-us@us-east-1, secret:gitferry/production/prod'],
    ['private-registries', 'registry.internal:5000, 10.0.0.1'],
    ['topic', 'arn:aws:sns:eu-west-1:123456789012:people'],
  ] as const;
  for (const [name, value] of right) assert.equal(faultOf(name, value), null, `${name}=${value}`);
});

test('all that is asked is a parameter of the deployment, with a sound default unless it has to be said', () => {
  const questions = questionsFor({ region: undefined, origin: undefined });
  for (const { name, initial } of questions.filter(({ name }) => name !== 'stage' && name !== 'region')) {
    assert.notEqual(parameter(name).description, '');
    const value = initial?.({ stage: 'production' });
    if (value === undefined) assert.ok(name === 'repository' || name === 'bucket', name);
    else assert.equal(faultOf(name, value), null, name);
  }
});

test('a remote by ssh is the same repository by https, and no password is taken over', () => {
  assert.equal(asHttps('git@github.com:acme/fleet.git'), 'https://github.com/acme/fleet.git');
  assert.equal(asHttps('ssh://git@git.example.org:2222/acme/fleet'), 'https://git.example.org/acme/fleet');
  assert.equal(asHttps('https://me:word@github.com/acme/fleet'), 'https://github.com/acme/fleet');
  assert.equal(asHttps('/srv/git/fleet.git'), '');
  assert.equal(asHttps(''), '');
});
