import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { packChart } from '../../infra/local/examples.ts';
import { BUCKET, startStack } from '../servers/stack.ts';
import { awsCopy, lacking } from './programs.ts';

const execute = promisify(execFile);
const CHART = join(import.meta.dirname, '../../examples/charts/hello');

it('the example chart passes helm lint, and is the same to helm once it is in Git', {
  skip: await lacking('aws', 'helm'),
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-tools-'));
  const stack = await startStack();
  try {
    await execute('helm', ['lint', '--strict', CHART]);
    const { fileName, bytes } = await packChart(CHART);
    await writeFile(join(folder, fileName), bytes);
    await awsCopy(stack.url, join(folder, fileName), `s3://${BUCKET}/charts/${fileName}`);
    await stack.settled();

    const tree = join(folder, 'tree');
    await mkdir(tree);
    await execute('git', [`--work-tree=${tree}`, 'checkout', '--force', 'main', '--', '.'], { cwd: stack.git });
    const render = async (chart: string) => (await execute('helm', ['template', 'release', chart])).stdout;
    assert.equal(await render(join(tree, 'charts/hello')), await render(CHART));
    assert.equal(await render(join(folder, fileName)), await render(CHART));
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
