import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const MAIN = join(import.meta.dirname, 'main.ts');

async function cluster(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args]);
  return stdout;
}

test('npm run cluster keeps a cluster that outlives the command, and takes it down', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-standing-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const here = ['--folder', folder];
  assert.match(await cluster('down', ...here), /No cluster is up/u);
  const without = ['kustomize', 'helm', 'notification', 'flagger'].flatMap((one) => ['--without', one]);
  await assert.rejects(cluster('up', ...here, '--without', 'istio'), /There is no controller istio/u);

  const told = await cluster('up', ...here, ...without);
  try {
    const kubeconfig = /KUBECONFIG=(\S+)/u.exec(told)?.[1] ?? '';
    const server = /server: (\S+)/u.exec(await readFile(kubeconfig, 'utf8'))?.[1] ?? '';
    assert.match(server, /^https:\/\/127\.0\.0\.1:\d+$/u);
    const kubectl = /^ {2}(\S+kubectl) /mu.exec(told)?.[1] ?? '';
    const { stdout } = await promisify(execFile)(kubectl, ['--kubeconfig', kubeconfig, 'get', 'namespaces']);
    assert.match(stdout, /flux-system/u);
    assert.equal(await cluster('up', ...here), told, 'a second one is not started');
  } finally {
    assert.match(await cluster('down', ...here), /is down/u);
  }
  assert.match(await cluster('down', ...here), /No cluster is up/u);
});
