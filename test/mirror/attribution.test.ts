import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimsOf, eventOf } from '../../functions/mirror/attribution.ts';

const object = { key: 'a', etag: 'e', versionId: null, size: 1, modified: '' };
const change = { kind: 'object', bucket: 'releases', key: 'a' } as const;

test('claims are those that are known, cut to a length', () => {
  const claims = claimsOf({ build: '17', 'source-commit': 'f'.repeat(300), other: 'x', constructor: 'y' });
  assert.deepEqual(claims, { Build: '17', 'Source-Commit': 'f'.repeat(256) });
});

test('an event counts only if it speaks of the very version that was read', () => {
  const jenkins = { ...change, etag: 'e', publisher: 'jenkins' };
  assert.equal(eventOf(object, [jenkins])?.publisher, 'jenkins');
  assert.equal(eventOf(object, [{ ...jenkins, etag: 'earlier' }]), null);
  assert.equal(eventOf(object, [{ ...jenkins, key: 'b' }]), null);
  assert.equal(eventOf(object, [{ ...change, publisher: 'someone' }]), null, 'it names no version at all');
});

test('with versions in the bucket, the version id alone tells: bytes that come back do not', () => {
  const versioned = { ...object, versionId: 'v2' };
  assert.equal(eventOf(versioned, [{ ...change, etag: 'e', publisher: 'first' }]), null);
  assert.equal(eventOf(versioned, [{ ...change, etag: 'e', versionId: 'v1', publisher: 'first' }]), null);
  assert.equal(eventOf(versioned, [{ ...change, versionId: 'v2', publisher: 'second' }])?.publisher, 'second');
});

test('of several that match, the newest counts', () => {
  const events = ['one', 'two'].map((publisher) => ({ ...change, etag: 'e', publisher }));
  assert.equal(eventOf(object, events)?.publisher, 'two');
});
