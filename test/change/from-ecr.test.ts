import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Nothing } from '../../shared/change/nothing.ts';
import { parseChanges } from '../../shared/change/parse.ts';
import { Rejected } from '../../shared/errors.ts';
import { eventText, eventWith } from './fixture.ts';

const REPOSITORY = '123456789012.dkr.ecr.us-west-2.amazonaws.com/my-repository-name';
const PUSHED = 'ecr-image-pushed';
const DOCUMENTED = 'sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234';

/** Why an event changes nothing; fails when it changes something. */
function nothing(body: string): Nothing {
  const heard: Nothing[] = [];
  assert.deepEqual(
    parseChanges(body, (one) => heard.push(one)),
    [],
  );
  assert.equal(heard.length, 1);
  return heard[0] as Nothing;
}

test('a pushed tag is a change of its image; a digest that is none is left out', () => {
  const change = { kind: 'image', image: REPOSITORY, tag: 'latest', at: '2019-11-16T01:54:34Z' };
  assert.deepEqual(parseChanges(eventText(PUSHED)), [change]);
  const digest = `sha256:${'0a'.repeat(32)}`;
  assert.deepEqual(parseChanges(eventWith(PUSHED, DOCUMENTED, digest)), [{ ...change, digest }]);
});

test('a copy that arrives from another region is a change of its image there', () => {
  const image = '123456789012.dkr.ecr.us-east-1.amazonaws.com/docker-hub/alpine';
  assert.deepEqual(parseChanges(eventText('ecr-image-replicated')), [
    { kind: 'image', image, tag: '3.17.2', at: '2024-05-08T20:44:54Z' },
  ]);
});

test('registries of other partitions have other names', () => {
  for (const [region, suffix] of [
    ['cn-north-1', 'amazonaws.com.cn'],
    ['us-gov-west-1', 'amazonaws.com'],
    ['eusc-de-east-1', 'amazonaws.eu'],
    ['us-isob-east-1', 'sc2s.sgov.gov'],
  ] as const) {
    const [change] = parseChanges(eventWith(PUSHED, 'us-west-2', region));
    assert.equal(
      change?.kind === 'image' && change.image,
      `123456789012.dkr.ecr.${region}.${suffix}/my-repository-name`,
    );
  }
});

test('fault 11: no tag, a failure, a deletion change nothing, and say why', () => {
  assert.deepEqual(nothing(eventWith(PUSHED, 'latest', '')), {
    kind: 'nothing',
    reason: 'NoTag',
    source: REPOSITORY,
    why: 'It was pushed without a tag.',
  });
  const { detail, ...event } = JSON.parse(eventText(PUSHED));
  const { 'image-tag': _, ...untagged } = detail;
  assert.equal(nothing(JSON.stringify({ ...event, detail: untagged })).reason, 'NoTag');
  assert.equal(nothing(eventWith(PUSHED, 'SUCCESS', 'FAILURE')).reason, 'PushFailed');
  const { reason, why } = nothing(eventText('ecr-image-deleted'));
  assert.deepEqual([reason, why], ['NotAPush', '"DELETE" is no push.']);
  assert.equal(nothing(eventText('ecr-image-archived')).reason, 'NotAPush');
  assert.equal(nothing(eventWith(PUSHED, 'ECR Image Action', 'ECR Image Scan')).reason, 'NotAPush');
  assert.equal(nothing(eventWith('ecr-image-replicated', 'SUCCESS', 'FAILED')).reason, 'PushFailed');
});

test('what a sentence repeats of an event is short', () => {
  assert.ok(nothing(eventWith(PUSHED, 'PUSH', 'x'.repeat(100_000))).why.length < 200);
});

test('what names no image rejects, and says which field', () => {
  for (const [old, replacement, path] of [
    ['my-repository-name', '../x', 'detail.repository-name'],
    ['my-repository-name', 'Upper', 'detail.repository-name'],
    ['my-repository-name', 'a:b', 'detail.repository-name'],
    ['my-repository-name', `a@sha256:${'0'.repeat(64)}`, 'detail.repository-name'],
    ['my-repository-name', '', 'detail.repository-name'],
    ['my-repository-name', 'a'.repeat(600), 'detail.repository-name'],
    ['latest', 'a tag', 'detail.image-tag'],
    ['latest', 't'.repeat(129), 'detail.image-tag'],
    ['123456789012', 'evil.example/x', 'account'],
    ['us-west-2', 'evil.example/x', 'region'],
    ['us-west-2', 'us-west-2.evil', 'region'],
  ] as const)
    assert.throws(
      () => parseChanges(eventWith(PUSHED, old, replacement)),
      (error) => error instanceof Rejected && error.reason === 'EventInvalid' && error.facts.path === path,
      `${old} -> ${replacement}`,
    );
});
