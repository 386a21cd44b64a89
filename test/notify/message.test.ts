import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { placeOf } from '../../functions/notify/channels/topic.ts';
import { messageOf } from '../../functions/notify/message.ts';
import { parseTold } from '../../shared/notice/told.ts';
import { isPrintable } from '../../shared/printable.ts';
import { drift, nudgeFailed, outcome, release, verdict } from './notices.ts';
import { startTopic, type Topic, teller } from './servers.ts';

function messageFor(event: unknown, recovered = false) {
  const told = parseTold(event);
  const message = told === null ? null : messageOf(told, recovered, (oid) => `https://git.example.org/commit/${oid}`);
  assert.ok(message);
  return message;
}

describe('a message', () => {
  it('says what happened, what gitferry did, what to do, and where to look', () => {
    const { severity, subject, text } = messageFor(verdict('failed', { revertedBy: release(3) }));
    assert.equal(severity, 'problem');
    assert.equal(subject, 'production: web 1.4.0 FAILED and was taken back');
    assert.equal(
      text,
      `The container web crashes: exit code 1.

gitferry: It was taken back by release ${release(3)}.

What to do: See its log.

reason      PodNotReady
unit        charts#web
version     1.4.0
commit      https://git.example.org/commit/${'a'.repeat(40)}
release     ${release(1)}
taken back  ${release(3)}
source      s3://releases/charts/web-1.4.0.tgz
publisher   arn:aws:iam::1:user/jenkins
repository  https://github.com/acme/fleet.git, branch main
deployment  production
`,
    );
  });

  it('says what becomes of a failed release, by its rule', () => {
    for (const [onFailure, words] of [
      ['revert', /could not be taken back, or not yet/u],
      ['hold', /nothing further of it lands/u],
      ['notify', /asks for no more than to tell you/u],
      [null, /asks for no more than to tell you/u],
    ] as const)
      assert.match(messageFor(verdict('failed', { onFailure })).text, words);
    assert.match(messageFor(verdict('inconclusive')).text, /nothing is taken back on a guess/u);
  });

  it('holds nothing that steers a screen or forges a line, and is no longer than a reader has patience', () => {
    const hostile = `\u001b[2J\u202e\r\nWhat to do: pay \u0000${'x'.repeat(9000)}`;
    const fields = { message: hostile, hint: hostile, unit: `m#${hostile}`, source: hostile, version: hostile };
    const object = { apiVersion: 'v1', kind: hostile, namespace: hostile, name: hostile };
    const events = [
      verdict('failed', { ...fields, summary: hostile, publisher: hostile }),
      outcome('Rejected', { ...fields, reason: hostile }),
      outcome('TakenBack', { ...fields, paths: [hostile] }),
      drift(false, '2030', { message: hostile, object, cluster: hostile }),
      nudgeFailed({ message: hostile, cluster: hostile }),
    ];
    for (const event of events) {
      const { subject, text } = messageFor(event);
      assert.ok(isPrintable(subject) && subject.length <= 200, subject);
      const lines = text.split('\n');
      assert.ok(lines.every(isPrintable));
      assert.ok(lines.filter((line) => line.startsWith('What to do:')).length <= 1);
      assert.ok(text.length < 20_000, String(text.length));
    }
  });
});

describe('a topic', () => {
  let topic: Topic;
  before(async () => {
    topic = await startTopic();
  });
  after(() => topic.close());

  it('gets a subject that it takes, the text, and attributes to filter by', async () => {
    const long = `m#${'ü'.repeat(120)}`;
    await teller({}, topic).tell(verdict('failed', { unit: long, message: 'Größe' }));
    const [{ Subject, Message, MessageAttributes } = { Subject: '', Message: '', MessageAttributes: {} }] =
      await topic.received();
    assert.match(Subject, /^production: \?+\.\.\.$/u);
    assert.equal(Subject.length, 100);
    assert.match(Message, /^production: ü+/u);
    assert.match(Message, /Größe/u);
    const values = Object.fromEntries(Object.entries(MessageAttributes).map(([name, { Value }]) => [name, Value]));
    const { facts = '', ...others } = values;
    assert.deepEqual(others, {
      type: 'Verdict',
      severity: 'problem',
      deployment: 'production',
      unit: long,
      verdict: 'failed',
    });
    const { key, reason, release: of } = JSON.parse(facts);
    assert.deepEqual([key, reason, of], [`Verdict:${release(1)}:${long}:failed`, 'PodNotReady', release(1)]);
  });

  it('is asked in its own region', () => {
    assert.deepEqual(placeOf('arn:aws:sns:eu-west-1:1:people'), { region: 'eu-west-1' });
    assert.deepEqual(placeOf('people'), {});
  });

  it('that is gone refuses, and one that nobody reaches comes again', async () => {
    const gone = { ...topic, arn: topic.arn.replace('people', 'nobody') };
    await assert.rejects(teller({}, gone).tell(verdict('failed')), { name: 'Stalled', reason: 'ChannelRefused' });
    const away = await startTopic();
    await away.close();
    await assert.rejects(teller({}, away).tell(verdict('failed')), { name: 'Retryable', reason: 'ChannelUnavailable' });
  });
});
