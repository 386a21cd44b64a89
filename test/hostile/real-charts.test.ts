import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Chart, readChart } from '../../shared/artifact/chart.ts';
import { Rejected } from '../../shared/errors.ts';
import { checkKinds } from '../../shared/manifest/kinds.ts';
import { mutations } from './mutation.ts';

/** Charts of real projects; where the folder is asked for, it must be there. */
const data = process.env.GITFERRY_DATA;
const skip = data === undefined ? 'GITFERRY_DATA names no folder of real charts' : false;
const LIMITS = { packed: 20 * 1024 * 1024, unpacked: 100 * 1024 * 1024, files: 10_000 };

async function judge(fileName: string, bytes: Uint8Array): Promise<Chart> {
  const chart = await readChart(fileName, bytes, LIMITS);
  checkKinds(chart.files, 'chart', { allowKinds: [], denyKinds: [] });
  return chart;
}

describe('charts of real projects', { skip }, () => {
  const charts = new Map<string, Buffer>();

  before(async () => {
    const folder = join(data ?? '', 'charts');
    for (const name of await readdir(folder))
      if (name.endsWith('.tgz')) charts.set(name, await readFile(join(folder, name)));
    assert.ok(charts.size > 0, `${folder} holds no charts`);
  });

  it('are taken, every file of them', async () => {
    for (const [fileName, bytes] of charts) {
      const { files } = await judge(fileName, bytes);
      assert.ok(files.some(({ path }) => path === 'templates/deployment.yaml'));
      const tar = gunzipSync(bytes);
      const blocks = files.reduce((sum, file) => sum + 1 + Math.ceil(file.bytes.length / 512), 0);
      // Helm's archives hold nothing but a header and the content of each file, and two blocks at the end.
      assert.equal(tar.length, (blocks + 2) * 512);
      for (const file of files) assert.ok(tar.includes(Buffer.from(file.bytes)), file.path);
    }
  });

  it('are taken or rejected, and no more, when they are damaged before or after packing', async () => {
    const samples = [...charts];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...samples),
        mutations,
        fc.boolean(),
        async ([fileName, bytes], mutate, inside) => {
          const damaged = inside ? gzipSync(mutate(gunzipSync(bytes)), { level: 1 }) : mutate(bytes);
          await judge(fileName, damaged).catch((error: unknown) => assert.ok(error instanceof Rejected, String(error)));
        },
      ),
      { numRuns: 200 },
    );
  });
});
