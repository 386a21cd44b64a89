import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { zip } from '../artifact/zip-writer.ts';
import { type Lambda, startLambda } from './lambda.ts';

describe('the runtime client of Lambda', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gitferry-lambda-'));
  });
  after(() => rm(folder, { recursive: true }));

  /** A function whose zip holds this file. */
  async function load(name: string, source: string): Promise<Lambda> {
    const path = join(folder, `${name}.zip`);
    await writeFile(path, zip([{ name: 'functions/it/handler.js', body: source }]));
    const about = { name, arn: `arn:aws:lambda:us-east-1:0:function:${name}`, handler: 'functions/it/handler.handler' };
    return startLambda({ ...about, zip: path, environment: { GIVEN: 'yes' }, timeout: 3, memory: 128 }, folder, {});
  }

  it('gives a handler its event, the context of Lambda, and nothing of this process’ environment', async () => {
    const lambda = await load(
      'tells',
      `exports.handler = async (event, context) => ({ event, name: context.functionName, left: context.getRemainingTimeInMillis(),
        given: process.env.GIVEN, home: process.env.HOME ?? null, node: process.versions.node.split('.')[0] })`,
    );
    const { left, ...told } = (await lambda.invoke({ a: 1 })) as { left: number };
    assert.deepEqual(told, { event: { a: 1 }, name: 'tells', given: 'yes', home: null, node: '24' });
    assert.ok(left > 0 && left <= 3000);
    await lambda.stop();
  });

  it('tells what a handler throws, and goes on', async () => {
    const lambda = await load(
      'throws',
      'exports.handler = async (event) => { if (event.bad) throw new TypeError("no good"); return "well"; }',
    );
    await assert.rejects(lambda.invoke({ bad: true }), /^Error: TypeError: no good$/u);
    assert.equal(await lambda.invoke({}), 'well');
    await lambda.stop();
  });

  it('tells of a handler that can’t be loaded', async () => {
    await assert.rejects(load('broken', 'throw new RangeError("at the start")'), /RangeError: at the start/u);
    await assert.rejects(load('nameless', 'exports.other = 1'), /HandlerNotFound/u);
  });
});
