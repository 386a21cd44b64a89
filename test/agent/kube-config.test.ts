import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { parseKubeConfig, readKubeConfig } from '../../shared/agent/kube-config.ts';
import { failure } from '../source/fixture.ts';

const SECRET = 'very-secret-token';

function config(cluster: object = {}, user: object = { token: SECRET }): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'here',
    contexts: [
      { name: 'there', context: { cluster: 'other', user: 'other' } },
      { name: 'here', context: { cluster: 'prod', user: 'gitferry', namespace: 'x' } },
    ],
    clusters: [
      { name: 'other', cluster: { server: 'https://other.example' } },
      { name: 'prod', cluster: { server: 'https://prod.example', 'certificate-authority-data': 'Q0E=', ...cluster } },
    ],
    users: [
      { name: 'other', user: { exec: { command: 'sh' } } },
      { name: 'gitferry', user },
    ],
    preferences: {},
  });
}

test('the present context alone counts', async () => {
  const read = await parseKubeConfig(config(), 'prod');
  assert.equal(read.getCurrentCluster()?.server, 'https://prod.example');
  assert.equal(read.getCurrentCluster()?.caData, 'Q0E=');
  assert.equal(read.getCurrentUser()?.token, SECRET);
  assert.equal(read.users.length, 1);
});

test('a client certificate will do', async () => {
  const user = { 'client-certificate-data': 'Y2VydA==', 'client-key-data': 'a2V5' };
  const read = await parseKubeConfig(config({}, user), 'prod');
  assert.equal(read.getCurrentUser()?.keyData, 'a2V5');
});

for (const [what, text, message] of [
  ['a program', config({}, { exec: { apiVersion: 'v1', command: 'sh', args: ['-c', 'touch /tmp/x'] } }), /exec/u],
  ['a program beside a token', config({}, { token: SECRET, exec: { command: 'sh' } }), /exec/u],
  [
    'a command of a provider',
    config({}, { 'auth-provider': { name: 'gcp', config: { 'cmd-path': 'sh' } } }),
    /auth-provider/u,
  ],
  ['a password', config({}, { username: 'admin', password: SECRET }), /username, password/u],
  ['another user', config({}, { token: SECRET, as: 'system:admin' }), /\bas\b/u],
  ['a proxy', config({ 'proxy-url': 'socks5://evil.example' }), /proxy-url/u],
  [
    'a file of an authority',
    config({ 'certificate-authority-data': undefined, 'certificate-authority': '/etc/passwd' }),
    /names a file \(certificate-authority\)/u,
  ],
  ['a file of a token', config({}, { tokenFile: '/etc/passwd' }), /names a file \(tokenFile\)/u],
  [
    'a file of a certificate',
    config({}, { 'client-certificate': '/etc/passwd', 'client-key': '/etc/passwd' }),
    /names a file/u,
  ],
  ['another spelling of a file', config({}, { 'token-file': '/etc/passwd' }), /token-file/u],
  ['nobody', config({}, {}), /neither a token nor/u],
  ['a certificate without its key', config({}, { 'client-certificate-data': 'eA==' }), /neither a token nor/u],
  ['a token of two lines', config({}, { token: `${SECRET}\r\nx: y` }), /token/u],
  ['no text', '', /is no kubeconfig/u],
  ['no YAML', `{ "${SECRET}`, /is no YAML/u],
  ['a bomb', `a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n`, /is no YAML/u],
  ['too much', ' '.repeat(2 ** 20 + 1), /larger than/u],
  ['a context of nowhere', config().replace('current-context: here', 'current-context: gone'), /lacks the cluster/u],
] as const)
  test(`a kubeconfig out of a secret is refused with ${what}`, async () => {
    const error = await failure(parseKubeConfig(text, 'prod'), [SECRET, 'very-secret']);
    assert.deepEqual([error.name, error.reason], ['Stalled', 'KubeConfigUnusable']);
    assert.match(error.message, message);
  });

test('one that lies in a file may name files beside it, and no program either', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-kubeconfig-'));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, 'config');
  await writeFile(join(folder, 'ca.pem'), 'CA');
  await writeFile(join(folder, 'token'), `${SECRET}\n`);
  const files = { 'certificate-authority-data': undefined, 'certificate-authority': 'ca.pem' };
  await writeFile(path, config(files, { tokenFile: 'token' }));
  const read = await readKubeConfig(path, 'prod');
  assert.equal(read.getCurrentCluster()?.caData, Buffer.from('CA').toString('base64'));
  assert.equal(read.getCurrentUser()?.token, SECRET);
  await writeFile(path, config({}, { exec: { command: 'sh' } }));
  assert.match((await failure(readKubeConfig(path, 'prod'))).message, /exec/u);
  await writeFile(path, config({}, { tokenFile: 'gone' }));
  assert.match((await failure(readKubeConfig(path, 'prod'))).message, /tokenFile, ENOENT/u);
  assert.match((await failure(readKubeConfig(join(folder, 'nothing'), 'prod'))).message, /ENOENT/u);
});
