import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { readCopy } from '../../shared/ledger/copy.ts';
import { startStack, type TestStack } from '../servers/stack.ts';

const COPIES = 'ledger-copies';

describe('a deployment with a bucket for copies of the ledger', () => {
  let stack: TestStack;
  before(async () => {
    stack = await startStack({ parameters: `default: { ledger-bucket: ${COPIES} }\n` });
  });
  after(() => stack.stop());

  it('has each commit of the ledger there once it has told of it', async () => {
    await stack.put('config/app.yaml', 'a: 1\n');
    await stack.settled();
    await stack.put('config/broken.yaml', 'a: [\n');
    await stack.settled();
    const ledger = execFileSync('git', ['rev-list', '--reverse', 'gitferry-ledger/test/main'], { cwd: stack.git });
    const commits = ledger.toString().trimEnd().split('\n');
    assert.ok(commits.length >= 2);
    const { Contents = [] } = await stack.s3.send(new ListObjectsV2Command({ Bucket: COPIES }));
    assert.deepEqual(Contents.map(({ Key = '' }) => Key.slice(-45, -5)).sort(), commits.sort());
    for (const { Key = '' } of Contents) {
      assert.match(Key, /^test\/main\/\d{4}\/\d\d\/\d\d\//u);
      const { Body } = await stack.s3.send(new GetObjectCommand({ Bucket: COPIES, Key }));
      const copy = readCopy(
        { deployment: 'test', branch: 'main' },
        (await Body?.transformToByteArray()) ?? new Uint8Array(),
      );
      assert.equal(typeof copy, 'object', Key);
    }
  });
});
