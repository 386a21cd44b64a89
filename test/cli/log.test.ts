import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { LedgerEvent } from '../../shared/ledger/event.ts';
import { gitferry } from './process.ts';
import { type RunningStack, startRunningStack } from './running-stack.ts';

const common = { source: 's3://acme/charts/podinfo-6.14.1.tgz', publisher: null };
const landed: LedgerEvent = {
  ...common,
  type: 'landed',
  id: '1',
  at: '2026-01-02T03:04:05.678Z',
  unit: 's3://acme/charts/#podinfo',
  version: '6.14.1',
  content: 'sha256:0',
  commit: 'abcdef0123456789abcdef0123456789abcdef01',
  summary: 'charts/podinfo: 6.12.0 -> 6.14.1',
  claims: {},
  changedAt: null,
};
const rejected: LedgerEvent = {
  ...common,
  type: 'rejected',
  id: '2',
  at: '2026-01-02T03:04:06.000Z',
  unit: 's3://acme/config/#app.yaml',
  reason: 'YamlInvalid',
  message: 'No YAML:\n\u001b[2J cleared.',
  hint: '',
  content: null,
};
const waiting: LedgerEvent = {
  ...common,
  type: 'waiting',
  id: '3',
  at: '2026-01-02T03:04:07.000Z',
  unit: 'x#y',
  reason: 'EditedByHand',
  message: 'It was edited.',
  hint: '',
  paths: [],
};

let stack: RunningStack;
let tip = '';
before(async () => {
  stack = await startRunningStack({ 'gitferry.yaml': '' });
  const ledger = (events: readonly LedgerEvent[]) =>
    stack.git.repository.commit({ 'events.json': JSON.stringify({ schema: 1, events }) }, 'gitferry-ledger/local/main');
  await ledger([landed, rejected]);
  tip = await ledger([waiting]);
});
after(() => stack.close());

test('an event a line, newest first, with nothing that moves a cursor', async () => {
  const { out, err } = await gitferry(stack.folder, 'log');
  assert.equal(err, '');
  assert.deepEqual(out.trimEnd().split('\n'), [
    '2026-01-02T03:04:07Z  waiting     x#y  EditedByHand: It was edited.',
    '2026-01-02T03:04:06Z  rejected    s3://acme/config/#app.yaml  YamlInvalid: No YAML: \\u{1b}[2J cleared.',
    '2026-01-02T03:04:05Z  landed      s3://acme/charts/#podinfo  6.14.1  abcdef0  charts/podinfo: 6.12.0 -> 6.14.1',
  ]);
});

test('as JSON, with the ledger’s own commit; only so many', async () => {
  const { out } = await gitferry(stack.folder, 'log', '-n', '1', '-o', 'json');
  assert.deepEqual(JSON.parse(out), { ledger: tip, ...waiting });
});

test('only one unit, of a repository named by its address', async () => {
  const args = ['--repository', stack.git.url, '--deployment', 'local', '--unit', '#podinfo', '-o', 'json'];
  const { out } = await gitferry('/', 'log', ...args);
  assert.equal(JSON.parse(out).id, '1');
});

test('a ledger that is not there is told', async () => {
  const args = ['--repository', stack.git.url, '--deployment', 'other'];
  const { status, err } = await gitferry('/', 'log', ...args);
  assert.equal(status, 1);
  assert.match(err, /^BranchMissing: .*gitferry-ledger\/other\/main/u);
  assert.equal((await gitferry('/', 'log', '--repository', stack.git.url)).status, 2);
});
