import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalPath, overlap } from '../../shared/agent/concern.ts';
import { isSameRepository } from '../../shared/agent/repository.ts';

const OURS = 'https://git.example/acme/main.git';

const SAME = [
  [OURS, 'https://git.example/acme/main'],
  [OURS, 'https://git.example/acme/main/'],
  [OURS, 'https://someone:secret@git.example/acme/main.git'],
  [OURS, 'https://git.example:443/acme/main.git'],
  [OURS, 'HTTPS://Git.Example/Acme/Main.git'],
  [OURS, 'http://git.example/acme/main.git'],
  [OURS, 'ssh://git@git.example/acme/main.git'],
  [OURS, 'ssh://git@git.example:2222/acme/main'],
  [OURS, 'git@git.example:acme/main.git'],
  [OURS, 'git.example:acme/main'],
  [OURS, 'git+ssh://git@git.example/acme/main'],
  ['https://github.com/acme/main', 'ssh://git@ssh.github.com:443/acme/main.git'],
  ['https://dev.azure.com/acme/shop/_git/main', 'git@ssh.dev.azure.com:v3/acme/shop/main'],
  ['http://127.0.0.1:4000/main.git', 'http://127.0.0.1:4000/main'],
  ['https://git.example/a%20b/c', 'ssh://git@git.example/a b/c'],
  ['ssh://git@[::1]:22/acme/main', 'git@[::1]:acme/main'],
] as const;

const OTHER = [
  [OURS, 'https://git.example/acme/main2.git'],
  [OURS, 'https://git.example/acme'],
  [OURS, 'https://git.example/x/acme/main.git'],
  [OURS, 'https://git.example.evil/acme/main.git'],
  [OURS, 'https://evil.example/git.example/acme/main.git'],
  [OURS, 'https://git.example@evil.example/acme/main.git'],
  [OURS, 'https://git.example:8443/acme/main.git'],
  ['http://127.0.0.1:4000/main.git', 'http://127.0.0.1:4001/main.git'],
  [OURS, 'oci://git.example/acme/main'],
  [OURS, 'file:///git.example/acme/main'],
  [OURS, '/acme/main'],
  [OURS, ''],
  [OURS, 'https://git.example/%zz'],
  ['https://git.example/', 'https://git.example'],
] as const;

for (const [one, other] of SAME)
  test(`${other} is ${one}`, () => {
    assert.ok(isSameRepository(one, other));
    assert.ok(isSameRepository(other, one));
  });

for (const [one, other] of OTHER)
  test(`${other || 'nothing'} is not ${one}`, () => {
    assert.ok(!isSameRepository(one, other));
    assert.ok(!isSameRepository(other, one));
  });

test('a text of any length is compared at once', () => {
  assert.ok(!isSameRepository(OURS, `https://git.example/${'a/'.repeat(1_000_000)}`));
});

test('paths are one however they are written, and null when they lead out', () => {
  for (const path of ['apps', './apps', 'apps/', '/apps', './/apps//', 'x/../apps'])
    assert.equal(normalPath(path), 'apps');
  for (const path of ['', '.', './', '/', 'apps/..']) assert.equal(normalPath(path), '');
  for (const path of ['..', '../apps', 'apps/../../x']) assert.equal(normalPath(path), null);
});

test('a path concerns another when one holds the other, by whole names', () => {
  for (const [one, other] of [
    ['./apps', 'apps/x.yaml'],
    ['apps/production', 'apps'],
    ['./', 'anything/at/all.yaml'],
    ['charts/x', 'charts/x'],
  ] as const) {
    assert.ok(overlap(one, other), `${one} ${other}`);
    assert.ok(overlap(other, one), `${other} ${one}`);
  }
  for (const [one, other] of [
    ['apps', 'apps2/x.yaml'],
    ['apps/a', 'apps/b'],
    ['../apps', 'apps/x.yaml'],
  ] as const)
    assert.ok(!overlap(one, other) && !overlap(other, one), `${one} ${other}`);
});
