import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { git } from '../../infra/local/repository.ts';
import { tgz } from '../artifact/tar-writer.ts';
import { startStack } from '../servers/stack.ts';

const config = `apiVersion: gitferry.dev/v1
mirrors:
  - { bucket: releases, prefix: charts/, chart: "charts/{name}", select: newest-upload }
`;

function chart(version: string): Buffer {
  return tgz({ name: 'web/Chart.yaml', body: `apiVersion: v2\nname: web\nversion: ${version}\n` });
}

it('what was uploaded last stays the newest upload, however often the embedded run starts again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-restart-'));
  try {
    const first = await startStack({ folder, config });
    for (const version of ['2.0.0', '1.0.0']) {
      await first.put(`charts/web-${version}.tgz`, chart(version));
      await first.settled();
    }
    const tip = await git(first.git, ['rev-parse', 'main']);
    assert.match(await git(first.git, ['show', 'main:charts/web/Chart.yaml']), /version: 1\.0\.0/u);
    await first.stop();

    for (let start = 2; start <= 3; start++) {
      const again = await startStack({ folder, config });
      await again.runSchedules();
      await again.settled();
      await again.stop();
      assert.equal(await git(again.git, ['rev-parse', 'main']), tip, `start ${start} committed`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
