import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uploadKey } from '../../cli/upload-key.ts';
import { parseConfig } from '../../shared/config/parse.ts';
import { Rejected } from '../../shared/errors.ts';

const chart = "{bucket: acme, prefix: charts/, chart: 'charts/{name}'}";
const files = '{bucket: acme, prefix: config/, files: apps}';
const releases = 'releases: [{bucket: acme, prefix: together/}]';
const key = (path: string, ...mirrors: string[]): string =>
  uploadKey(parseConfig(Buffer.from(`mirrors: [${mirrors.join(', ')}]\n${releases}\n`)), 'acme', path);

test('a chart goes below the prefix for charts, without its folder', () => {
  assert.equal(key('out/podinfo-6.14.1.tgz', files, chart), 'charts/podinfo-6.14.1.tgz');
});

test('all else goes below the prefix for files, and so does a chart where there is none for charts', () => {
  assert.equal(key('a/b.yaml', chart, files), 'config/a/b.yaml');
  assert.equal(key('bundle.tgz', chart, files), 'config/bundle.tgz');
  assert.equal(key('podinfo-6.14.1.tgz', files), 'config/podinfo-6.14.1.tgz');
});

test('a release file goes where those are looked for', () => {
  assert.equal(key('out/4711.release.yaml', chart, files), 'together/4711.release.yaml');
});

test('what no mirror of the bucket takes is rejected', () => {
  assert.throws(() => key('b.yaml', chart), Rejected);
  assert.throws(() => key('b.yaml', '{bucket: other, files: apps}'), Rejected);
});
