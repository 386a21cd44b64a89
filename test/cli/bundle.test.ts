import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleCommandLine } from '../../infra/bundle/build.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-bundle-'));
});
after(() => rm(folder, { recursive: true }));

test('the command line finds credentials where people keep theirs', async (t) => {
  const file = join(folder, 'with-credentials.cjs');
  await bundleCommandLine(root, file);
  await mkdir(join(folder, '.aws'));
  const keys = 'aws_access_key_id = AKIAPROFILE\naws_secret_access_key = secret\n';
  await writeFile(join(folder, '.aws/credentials'), `[releases]\n${keys}`);
  const heard: string[] = [];
  const server = createServer(({ headers }, answer) => {
    heard.push(headers.authorization ?? '');
    answer.end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const env = { HOME: folder, AWS_PROFILE: 'releases', AWS_REGION: 'eu-west-1' };
  const args = [file, 'put', '--bucket', 'releases', join(folder, '.aws/credentials'), 'key'];
  await promisify(execFile)(process.execPath, args, {
    env: { ...env, PATH: process.env.PATH, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` },
  });
  assert.match(heard.join('\n'), /Credential=AKIAPROFILE\//u);
});

test('init finds the region where people keep theirs', async () => {
  const file = join(folder, 'dist/cli/with-region.cjs');
  await bundleCommandLine(root, file);
  await cp(join(root, 'infra/parameters.yml'), join(folder, 'infra/parameters.yml'));
  await writeFile(join(folder, 'config'), '[profile releases]\nregion = eu-north-1\n');
  const env = {
    HOME: folder,
    PATH: process.env.PATH,
    AWS_PROFILE: 'releases',
    AWS_CONFIG_FILE: join(folder, 'config'),
  };
  const args = ['init', '--repository', 'https://github.com/acme/fleet', '--bucket', 'acme-releases', '--dry-run'];
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], { cwd: folder, env });
  assert.match(stdout, /\.ecr\.eu-north-1\./u);
});

test('the command line is one file that runs by itself', async () => {
  const file = join(folder, 'gitferry.cjs');
  await bundleCommandLine(root, file);
  const { stdout } = await promisify(execFile)(process.execPath, [file, '--help'], { cwd: folder });
  assert.match(stdout, /validate.*put.*replay.*log/su);
  // Each AWS client stands in it whole, as text, and openpgp. Zod alone is 450 kB unless it is imported as a namespace.
  assert.ok((await stat(file)).size < 3_000_000);
});
