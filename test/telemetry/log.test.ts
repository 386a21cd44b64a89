import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rejected, Retryable } from '../../shared/errors.ts';
import { functionLog } from '../../shared/telemetry/log.ts';
import { observe } from '../../shared/telemetry/observe.ts';
import { captured, contextOf } from './captured.ts';

test('a line says what, when, of which function and request, and then the facts', async (t) => {
  const { log, begin } = functionLog('mirror', 'production');
  const [line, ...others] = await captured(t, () => {
    begin(contextOf('request-1'));
    log('nothing to do', { unit: 'charts#web', source: 's3://acme/x', why: 'It stands.', held: ['a'], none: null });
  });
  assert.deepEqual(others, []);
  const { timestamp, ...said } = line ?? {};
  assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT.*Z$/u);
  assert.deepEqual(said, {
    level: 'INFO',
    service: 'mirror',
    deployment: 'production',
    message: 'nothing to do',
    unit: 'charts#web',
    source: 's3://acme/x',
    why: 'It stands.',
    held: ['a'],
    function_name: 'gitferry-test-mirror',
    function_request_id: 'request-1',
    cold_start: false,
  });
});

test('an error of ours is told by its reason and sentence; none of what caused it, nor any stack', async (t) => {
  const { log } = functionLog('mirror', 'production');
  const cause = Object.assign(new Error('HTTP 500'), { body: 'token=s3cr3t' });
  const ours = new Retryable('ServerUnavailable', 'It answers 503.', { hint: 'Wait.', facts: { host: 'git' }, cause });
  const theirs = new TypeError('x is not a function', { cause });
  const lines = await captured(t, () => {
    log('comes again', { error: ours, messageId: '1' });
    log('failed', { error: theirs });
    log('two of them', { failures: [{ channel: 'a', error: theirs }] });
  });
  const [first, second, third] = lines;
  assert.deepEqual(
    [first?.level, first?.reason, first?.why, first?.hint, first?.error, first?.about, first?.messageId],
    ['WARN', 'ServerUnavailable', 'It answers 503.', 'Wait.', { name: 'Retryable' }, { host: 'git' }, '1'],
  );
  assert.deepEqual([second?.level, second?.error], ['ERROR', { name: 'TypeError', message: 'x is not a function' }]);
  assert.deepEqual(third?.failures, [{ channel: 'a', error: { name: 'TypeError', message: 'x is not a function' } }]);
  assert.doesNotMatch(JSON.stringify(lines), /s3cr3t|stack|log\.test\.ts/u);
});

test('a password in an address that stands in an error of others is not told', async (t) => {
  const { log } = functionLog('mirror', 'production');
  const theirs = new Error('boom https://u:s3cr3t@git.example.org/x and //t0ken@host', { cause: 's3cr3t' });
  const lines = await captured(t, () => {
    log('failed', { error: theirs });
    log('two of them', { failures: [{ channel: 'a', error: theirs }] });
  });
  const [first] = lines;
  assert.deepEqual(first?.error, { name: 'Error', message: 'boom https://***@git.example.org/x and //***@host' });
  assert.doesNotMatch(JSON.stringify(lines), /s3cr3t|t0ken/u);
});

test('a fact can neither take the place of what a line is about, nor begin a line, nor be endless', async (t) => {
  const { log } = functionLog('mirror', 'production');
  const facts = {
    level: 'NONE',
    message: 'else',
    service: 'other',
    why: 'a\n{"message":"nudged"}',
    long: 'x'.repeat(1e5),
  };
  const lines = await captured(t, () => log('refused', facts));
  const line = lines.at(-1);
  assert.deepEqual([line?.message, line?.level, line?.service, line?.why], ['refused', 'INFO', 'mirror', facts.why]);
  assert.equal(String(line?.long).length, 8193);
  assert.equal(lines.filter(({ message }) => message === 'nudged').length, 0);
});

test('what turns an input away is no alarm, but a warning', async (t) => {
  const { log } = functionLog('receive', 'production');
  const error = new Rejected('CallerUnproven', 'The signature is wrong.');
  const [line] = await captured(t, () => log('refused', { error }));
  assert.deepEqual([line?.level, line?.reason, 'hint' in (line ?? {})], ['WARN', 'CallerUnproven', false]);
});

test('what is thrown to Lambda, which logs it by itself, holds no secret of an address either', async (t) => {
  const { handle } = observe('mirror', { GITFERRY_DEPLOYMENT: 'production' });
  const handler = handle(async () => {
    throw new Error('no answer of https://user:secret@git.example.org/fleet');
  });
  let thrown: unknown;
  await captured(t, () =>
    handler({}, contextOf('1')).catch((error: unknown) => {
      thrown = error;
    }),
  );
  assert.ok(thrown instanceof Error);
  assert.equal(thrown.message, 'no answer of https://***@git.example.org/fleet');
  assert.match(thrown.stack ?? '', /^Error: no answer of https:\/\/\*\*\*@git\.example\.org[\s\S]*log\.test/u);
  assert.doesNotMatch(thrown.stack ?? '', /secret/u);
});
