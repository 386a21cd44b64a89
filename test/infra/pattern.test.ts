import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compilePattern } from '../../infra/local/pattern.ts';

const created = {
  source: 'aws.s3',
  'detail-type': 'Object Created',
  resources: ['arn:aws:s3:::releases'],
  detail: { bucket: { name: 'releases' }, object: { key: 'charts/a.tgz', size: 3 } },
};

const cases: readonly (readonly [name: string, pattern: unknown, matches: boolean])[] = [
  ['one of the values', { source: ['aws.ecr', 'aws.s3'] }, true],
  ['none of the values', { source: ['aws.ecr'] }, false],
  ['every field', { source: ['aws.s3'], 'detail-type': ['Object Deleted'] }, false],
  ['a field inside', { detail: { bucket: { name: ['releases'] } } }, true],
  ['a field that is not there', { detail: { bucket: { owner: ['me'] } } }, false],
  ['a value of a list', { resources: ['arn:aws:s3:::releases'] }, true],
  ['a number', { detail: { object: { size: [3] } } }, true],
  ['a number is no text', { detail: { object: { size: ['3'] } } }, false],
  ['a prefix', { detail: { object: { key: [{ prefix: 'charts/' }] } } }, true],
  ['another prefix', { detail: { object: { key: [{ prefix: 'config/' }] } } }, false],
  ['anything but a prefix', { detail: { object: { key: [{ 'anything-but': { prefix: 'charts/' } }] } } }, false],
  ['anything but another', { detail: { object: { key: [{ 'anything-but': { prefix: 'x' } }] } } }, true],
  ['anything but a list', { source: [{ 'anything-but': ['aws.ecr', 'aws.s3'] }] }, false],
];

for (const [name, pattern, matches] of cases)
  it(`${matches ? 'matches' : 'does not match'}: ${name}`, () => {
    assert.equal(compilePattern(pattern)(created), matches);
  });

for (const pattern of [{ source: [{ suffix: 's3' }] }, { source: [{ exists: true }] }, { source: 'aws.s3' }])
  it(`refuses what it does not know rather than pass it over: ${JSON.stringify(pattern)}`, () => {
    assert.throws(() => compilePattern(pattern), /EventPattern\.source/u);
  });
