import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { formatChange } from '../../shared/change/own.ts';
import { gitferry } from './process.ts';
import { type RunningStack, startRunningStack } from './running-stack.ts';

const RULES = `apiVersion: gitferry.dev/v1
mirrors:
  - { bucket: releases, prefix: config/, files: apps }
`;

describe('gitferry diff', () => {
  let stack: RunningStack;
  before(async () => {
    stack = await startRunningStack({
      'gitferry.yaml': RULES,
      'apps/old.yaml': 'a: 1\n',
      'apps/ü.yaml': 'name: "é"\n',
    });
  });
  after(() => stack.close());

  const event = async (key: string): Promise<string> => {
    const file = join(stack.folder, 'event.json');
    await writeFile(file, formatChange({ kind: 'object', bucket: 'releases', key }));
    return file;
  };
  const put = (key: string, body: string) =>
    stack.s3.send(new PutObjectCommand({ Bucket: 'releases', Key: key, Body: body }));

  test('ends with 0 where nothing would land, and says why', async () => {
    const { status, out, err } = await gitferry(stack.folder, 'diff', await event('other/x.yaml'));
    assert.deepEqual([status, out], [0, '']);
    assert.match(err, /no mirror of gitferry\.yaml covers it/u);
  });

  test('what would be rejected is said, and lands nothing', async () => {
    await put('config/broken.yaml', 'a: [\n');
    const { status, out, err } = await gitferry(stack.folder, 'diff', await event('config/broken.yaml'));
    assert.deepEqual([status, out], [0, '']);
    assert.match(err, /YamlInvalid/u);
  });

  test('prints a patch that git applies, ends with 1, and changes nothing', async () => {
    const tips = await stack.git.repository.git('for-each-ref');
    await put('config/new.yaml', 'b: 2\nc: "ü"\n');
    const { status, out } = await gitferry(stack.folder, 'diff', await event('config/new.yaml'));
    assert.equal(status, 1);
    assert.match(out, /^# Release apps\/new\.yaml$/mu);
    assert.match(out, /^\+c: "ü"$/mu);
    assert.equal(await stack.git.repository.git('for-each-ref'), tips);

    const clone = await mkdtemp(join(tmpdir(), 'gitferry-diff-'));
    try {
      // The server is in this process, so nothing may block it.
      await promisify(execFile)('git', ['clone', '--quiet', stack.git.url, clone]);
      await writeFile(join(clone, 'patch'), out);
      await promisify(execFile)('git', ['apply', 'patch'], { cwd: clone });
      assert.equal(await readFile(join(clone, 'apps/new.yaml'), 'utf8'), 'b: 2\nc: "ü"\n');
    } finally {
      await rm(clone, { recursive: true });
    }
  });

  test('ends with 2 for what is no event, and without a stack', async () => {
    const file = join(stack.folder, 'nonsense.json');
    await writeFile(file, '{}');
    const nonsense = await gitferry(stack.folder, 'diff', file);
    assert.equal(nonsense.status, 2);
    assert.match(nonsense.err, /EventUnknown/u);
    const nowhere = await gitferry(tmpdir(), 'diff', await event('config/new.yaml'));
    assert.equal(nowhere.status, 2);
    assert.match(nowhere.err, /NotRunning/u);
    assert.equal((await gitferry(stack.folder, 'diff', join(stack.folder, 'none.json'))).status, 2);
  });
});
