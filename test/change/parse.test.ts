import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Change } from '../../shared/change/change.ts';
import { formatChange } from '../../shared/change/own.ts';
import { parseChanges } from '../../shared/change/parse.ts';
import { Rejected } from '../../shared/errors.ts';
import { assertLinear } from '../cost.ts';
import { eventText, eventWith } from './fixture.ts';

const events = [
  ...['eventbridge-object-created', 'eventbridge-object-expired', 'notification-put', 'notification-test'],
  'ecr-image-pushed',
];
const inSns = (text: string): string => eventWith('sns-notification', 'Hello world!', text);
const inSqs = (text: string): string => eventWith('lambda-sqs', 'Test message.', text);
const inSnsRecord = (text: string): string =>
  JSON.stringify({ Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns: JSON.parse(inSns(text)) }] });

test('envelopes of SNS and SQS are opened, one inside the other too', () => {
  for (const name of events) {
    const bare = parseChanges(eventText(name));
    for (const wrap of [inSns, inSqs, inSnsRecord, (text: string) => inSqs(inSns(text))])
      assert.deepEqual(parseChanges(wrap(eventText(name))), bare);
  }
});

test('envelopes are opened only so deep', () => {
  const nested = (count: number): string => (count === 0 ? eventText('notification-test') : inSns(nested(count - 1)));
  assert.deepEqual(parseChanges(nested(4)), []);
  rejected(nested(5), 'EventTooDeep');
});

test('all records of a batch count', () => {
  const { Records } = JSON.parse(eventText('notification-put'));
  assert.equal(parseChanges(JSON.stringify({ Records: [...Records, ...Records] })).length, 2);
  assert.deepEqual(parseChanges('{"Records":[]}'), []);
});

test('hostile bodies are rejected', () => {
  rejected('', 'EventNotJson');
  rejected('Hello world!', 'EventNotJson');
  rejected(inSns('Hello world!'), 'EventNotJson');
  rejected(`{"Records":[],"x":"${'x'.repeat(256 * 1024)}"}`, 'EventTooLarge');
  rejected('['.repeat(200_000), 'EventTooDeep');
  rejected(`{"Records":[],"x":${'['.repeat(40)}${']'.repeat(40)}}`, 'EventTooDeep');
  rejected('{"Records":[],"x":1e999}', 'EventInvalid');
  rejected('{"Records":[],"x":-9007199254740993}', 'EventInvalid');
  for (const text of ['null', '[]', '7', '"x"', '{}', '{"source":"aws.ec2","detail-type":"x"}', '{"Records":[null]}'])
    rejected(text, 'EventUnknown');
});

test('brackets inside strings are no depth', () => {
  const text = JSON.stringify({ Records: [], note: `"\\${'['.repeat(1000)}` });
  assert.deepEqual(parseChanges(text), []);
});

test('a quote never closed takes no longer than its length', () => {
  assertLinear((length) => rejected(`"${'\\"'.repeat(length)}`, 'EventNotJson'), 120_000);
});

test('__proto__ is rejected in any spelling, and pollutes nothing', () => {
  for (const key of ['__proto__', '__pr\\u006fto__']) {
    rejected(`{"Records":[],"${key}":{"polluted":true}}`, 'EventInvalid');
    rejected(`{"gitferry":"change","kind":"config","x":{"${key}":{"polluted":true}}}`, 'EventInvalid');
  }
  assert.equal(({} as { polluted?: true }).polluted, undefined);
});

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 });
const bucket = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u);
const at = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') })
  .map((date) => date.toISOString());
const change = fc.oneof(
  fc.record(
    {
      kind: fc.constant('object'),
      bucket,
      key: text,
      versionId: text,
      etag: text,
      publisher: text,
      at,
      gone: fc.constantFrom('deleted' as const, 'expired' as const),
    },
    { requiredKeys: ['kind', 'bucket', 'key'], noNullPrototype: true },
  ),
  fc.record(
    {
      kind: fc.constant('image'),
      image: fc.stringMatching(/^[a-z0-9]{1,9}\.example(:\d{1,5})?(\/[a-z0-9]{1,9}){1,3}$/u),
      tag: fc.stringMatching(/^\w[\w.-]{0,127}$/u),
      digest: fc.stringMatching(/^sha256:[0-9a-f]{64}$/u),
      publisher: text,
      at,
    },
    { requiredKeys: ['kind', 'image'], noNullPrototype: true },
  ),
  fc.record(
    { kind: fc.constant('prefix'), bucket, prefix: fc.oneof(fc.constant(''), text) },
    { noNullPrototype: true },
  ),
  fc.constant({ kind: 'config' }),
) as fc.Arbitrary<Change>;

test('what gitferry sends itself arrives as it was', () => {
  fc.assert(fc.property(change, (sent) => assert.deepEqual(parseChanges(formatChange(sent)), [sent])));
});

test('an image that gitferry sends itself is told by its canonical name, and by a tag that is one', () => {
  const own = { gitferry: 'change', kind: 'image', image: 'quay.io/acme/api', tag: '1.0.0' };
  assert.equal(parseChanges(JSON.stringify({ ...own, digest: 'md5:1' })).length, 1);
  for (const wrong of [{ image: 'nginx' }, { image: 'quay.io/acme/api:1' }, { image: 'quay.io/../x' }, { tag: 'a b' }])
    rejected(JSON.stringify({ ...own, ...wrong }), 'EventInvalid');
});

test('any JSON is changes, or rejected', () => {
  fc.assert(fc.property(fc.json(), readsOrRejects));
});

test('any event with any of its values replaced is changes, or rejected', () => {
  const source = fc.constantFrom(...events.map(eventText), ...events.map((name) => inSns(eventText(name))));
  fc.assert(
    fc.property(source, fc.nat(), fc.jsonValue(), (original, at, value) => {
      let seen = 0;
      const count = [...original.matchAll(/": /gu)].length;
      const mutated = JSON.parse(original, (_, old) => (seen++ === at % count ? value : old));
      readsOrRejects(JSON.stringify(mutated));
    }),
  );
});

function readsOrRejects(body: string): void {
  try {
    for (const { kind } of parseChanges(body)) assert.ok(['object', 'image', 'prefix', 'config'].includes(kind));
  } catch (error) {
    assert.ok(error instanceof Rejected, String(error));
  }
}

function rejected(body: string, reason: string): void {
  assert.throws(
    () => parseChanges(body),
    (error) => error instanceof Rejected && error.reason === reason,
  );
}
