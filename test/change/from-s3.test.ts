import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseChanges } from '../../shared/change/parse.ts';
import { Rejected } from '../../shared/errors.ts';
import { eventText, eventWith } from './fixture.ts';

const created = {
  kind: 'object',
  bucket: 'amzn-s3-demo-bucket1',
  key: 'example-key',
  versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
  etag: 'b1946ac92492d2347c6235b4d2611184',
  publisher: '123456789012',
  at: '2021-11-12T00:00:00Z',
};

test('an object created, by EventBridge', () => {
  assert.deepEqual(parseChanges(eventText('eventbridge-object-created')), [created]);
});

test('an object deleted, by EventBridge', () => {
  const [change] = parseChanges(eventText('eventbridge-object-deleted'));
  assert.deepEqual(change, {
    ...created,
    versionId: '1QW9g1Z99LUNbvaaYVpW9xDlOLU.qxgF',
    etag: 'd41d8cd98f00b204e9800998ecf8427e',
    gone: 'deleted',
  });
});

test('expiry by a lifecycle rule is marked, in both forms', () => {
  const [change] = parseChanges(eventText('eventbridge-object-expired'));
  assert.equal(change?.kind === 'object' && change.gone, 'expired');
  for (const name of ['LifecycleExpiration:Delete', 'LifecycleExpiration:DeleteMarkerCreated']) {
    const [classic] = parseChanges(eventWith('notification-put', 'ObjectCreated:Put', name));
    assert.equal(classic?.kind === 'object' && classic.gone, 'expired');
  }
});

test('an object created, by a classic notification', () => {
  assert.deepEqual(parseChanges(eventText('notification-put')), [
    {
      kind: 'object',
      bucket: 'mybucket',
      key: 'HappyFace.jpg',
      versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
      etag: 'd41d8cd98f00b204e9800998ecf8427e',
      publisher: 'AIDAJDPLRKLG7UEXAMPLE',
      at: '1970-01-01T00:00:00.000Z',
    },
  ]);
});

test('servers that write the event name with s3: before it are understood', () => {
  assert.equal(parseChanges(eventWith('notification-put', 'ObjectCreated:Put', 's3:ObjectRemoved:Delete')).length, 1);
});

test('events that change no content are accepted and say nothing', () => {
  assert.deepEqual(parseChanges(eventText('notification-test')), []);
  assert.deepEqual(parseChanges(eventText('eventbridge-object-restored')), []);
  for (const type of ['Object Tags Added', 'Object ACL Updated', 'AWS API Call via CloudTrail', 'Something of 2031'])
    assert.deepEqual(parseChanges(eventWith('eventbridge-object-created', 'Object Created', type)), []);
  for (const name of ['ObjectTagging:Put', 'ObjectAcl:Put', 'ObjectRestore:Completed', 'LifecycleTransition'])
    assert.deepEqual(parseChanges(eventWith('notification-put', 'ObjectCreated:Put', name)), []);
});

const keys = ['a+b%2Fc d', 'charts/ä€😀.tgz', 'line\nbreak', '100%', '%41', 'a&b=c', ' ', '+'];

test('EventBridge: a key is taken as it is', () => {
  for (const key of keys) {
    const [change] = parseChanges(eventWith('eventbridge-object-created', 'example-key', key));
    assert.equal(change?.kind === 'object' && change.key, key);
  }
});

test('classic: a key is decoded once', () => {
  for (const key of keys) {
    const encoded = encodeURIComponent(key).replaceAll('%20', '+');
    const [change] = parseChanges(eventWith('notification-put', 'HappyFace.jpg', encoded));
    assert.equal(change?.kind === 'object' && change.key, key);
  }
  const [twice] = parseChanges(eventWith('notification-put', 'HappyFace.jpg', 'a%252Fb'));
  assert.equal(twice?.kind === 'object' && twice.key, 'a%2Fb');
});

test('a missing or wrong field that is needed rejects, naming it', () => {
  const broken = (name: string, old: string, replacement: string, path: string): void => {
    assert.throws(
      () => parseChanges(eventWith(name, old, replacement)),
      (error) => error instanceof Rejected && error.reason === 'EventInvalid' && error.facts.path === path,
    );
  };
  broken('eventbridge-object-created', 'example-key', '', 'detail.object.key');
  broken('eventbridge-object-created', 'example-key', 'x'.repeat(1025), 'detail.object.key');
  broken('eventbridge-object-created', 'example-key', '\ud800', 'detail.object.key');
  broken('eventbridge-object-created', 'amzn-s3-demo-bucket1', 'a/b', 'detail.bucket.name');
  broken('notification-put', 'HappyFace.jpg', '%', 's3.object.key');
  broken('notification-put', 'HappyFace.jpg', '%FF', 's3.object.key');
  broken('notification-put', 'mybucket', '', 's3.bucket.name');
  assert.throws(
    () => parseChanges('{"source":"aws.s3","detail-type":"Object Created"}'),
    (error) => error instanceof Rejected && error.reason === 'EventInvalid',
  );
});

test('what is only beside the name may be missing or odd', () => {
  const minimal = { bucket: { name: 'b-1' }, object: { key: 'k', etag: 7, 'version-id': null }, new: { field: [] } };
  const event = { version: '9', source: 'aws.s3', 'detail-type': 'Object Created', time: 'soon', detail: minimal };
  assert.deepEqual(parseChanges(JSON.stringify(event)), [{ kind: 'object', bucket: 'b-1', key: 'k' }]);
  const s3 = { bucket: { name: 'b-1' }, object: { key: 'k', versionId: null } };
  const record = { eventVersion: '3.7', eventSource: 'aws:s3', eventName: 'ObjectCreated:Put', userIdentity: 1, s3 };
  assert.deepEqual(parseChanges(JSON.stringify({ Records: [record] })), [{ kind: 'object', bucket: 'b-1', key: 'k' }]);
});
