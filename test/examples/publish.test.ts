import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { type StandIns, standIns } from './stand-ins.ts';

const execute = promisify(execFile);
const PUBLISH = join(import.meta.dirname, '../../examples/ci/publish.sh');
const FOLDER_NAMES = /\/tmp\.[^/ ]+/gu;

let folder: string;
let programs: StandIns;

/** Runs it; answers the programs that it called, with the name of its own folder taken out. */
async function publish(...args: string[]): Promise<readonly string[]> {
  await execute('sh', [PUBLISH, ...args], { cwd: folder, env: programs.environment });
  return (await programs.calls()).map((call) => call.replaceAll(folder, '').replace(FOLDER_NAMES, ''));
}

async function refusal(...args: string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  const error = await publish(...args).catch((thrown) => thrown);
  assert.ok(error instanceof Error, 'it went well');
  return error as Error & { code: number; stderr: string };
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-publish-'));
  programs = await standIns(folder);
  await mkdir(join(folder, "it's here"));
  await writeFile(join(folder, "it's here/a.yaml"), 'a: 1\n');
  await writeFile(join(folder, 'site.tgz'), 'a bundle');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('publish.sh', () => {
  it('pushes images before it uploads, and says of each object where it comes from', async () => {
    const from = ['--build', 'https://ci.example.org/job/7', '--source-commit', 'abc'];
    const what = ['--config', "it's here", 'config/app/', '--image', 'oci-archive:a.tar', 'quay.io/acme/a:1'];
    assert.deepEqual(await publish('--bucket', 'releases', ...what, ...from), [
      'skopeo copy --all oci-archive:a.tar docker://quay.io/acme/a:1',
      'aws s3 cp --no-progress --metadata build=https://ci.example.org/job/7,source-commit=abc' +
        ' --recursive /objects s3://releases/',
    ]);
    assert.equal(await readFile(join(programs.uploaded, 'config/app/a.yaml'), 'utf8'), 'a: 1\n');
  });

  it('takes files, bundles, folders and charts to where each is to go', async () => {
    const files = [
      '--config',
      'site.tgz',
      'site.tgz',
      '--config',
      'site.tgz',
      'config/',
      '--config',
      "it's here",
      'deep/er',
    ];
    await publish('--bucket', 'releases', ...files, '--chart', 'chart', 'charts/', '--version', '1.2.3');
    for (const key of ['site.tgz', 'config/site.tgz', 'deep/er/a.yaml', 'charts/shop-1.2.3.tgz'])
      await readFile(join(programs.uploaded, key));
  });

  it('--release: uploads first what names every object and image, and pushes just those', async () => {
    const what = ['--config', "it's here", "it's/", '--chart', 'chart', 'charts/'];
    const images = ['--image', 'docker-archive:a.tar', 'quay.io/acme/a:1', '--image', 'dir:b', 'quay.io/acme/b:2'];
    const calls = await publish('--bucket', 'releases', '--release', 'releases/shop-7', ...what, ...images);
    assert.deepEqual(
      calls.map((call) => call.split(' ').at(-1)),
      [
        ...['/objects/charts/', 'oci:/layout:1', 'oci:/layout:2', 's3://releases/releases/shop-7.release.yaml'],
        ...['docker://quay.io/acme/a:1', 'docker://quay.io/acme/b:2', 's3://releases/'],
      ],
    );
    assert.equal(calls[4], 'skopeo copy --all --preserve-digests oci:/layout:1 docker://quay.io/acme/a:1');
    const digest = `sha256:${'7'.padStart(64, '0')}`;
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    assert.deepEqual(parse(await readFile(join(programs.uploaded, 'releases/shop-7.release.yaml'), 'utf8')), {
      apiVersion: 'gitferry.dev/v1',
      kind: 'Release',
      objects: [
        { key: 'charts/shop-1.0.0.tgz', sha256: sha256('packaged\n') },
        { key: "it's/a.yaml", sha256: sha256('a: 1\n') },
      ],
      images: [
        { image: 'quay.io/acme/a:1', digest },
        { image: 'quay.io/acme/b:2', digest },
      ],
    });
  });

  it('names no images where there are none, and knows other endpoints', async () => {
    const calls = await publish(
      '--bucket',
      'b',
      '--release',
      'r',
      '--endpoint-url',
      'http://s3',
      '--config',
      'site.tgz',
      's',
    );
    assert.deepEqual(calls, [
      'aws --endpoint-url http://s3 s3 cp --no-progress /release.yaml s3://b/r.release.yaml',
      'aws --endpoint-url http://s3 s3 cp --no-progress --recursive /objects s3://b/',
    ]);
    assert.deepEqual(parse(await readFile(join(programs.uploaded, 'r.release.yaml'), 'utf8')).images, []);
  });

  it('pushes by docker what docker has, and uploads nothing where there is nothing', async () => {
    const plain = ['--plain-http', '--image', 'dir:a', '127.0.0.1:5/a:1'];
    assert.deepEqual(await publish('--bucket', 'b', '--image', 'docker', 'quay.io/acme/a:1', ...plain), [
      'docker push --quiet quay.io/acme/a:1',
      'skopeo copy --all --dest-tls-verify=false dir:a docker://127.0.0.1:5/a:1',
    ]);
  });

  it('stops where a program fails, and leaves no folder behind', async () => {
    await writeFile(join(folder, 'programs/skopeo'), '#!/bin/sh\nexit 3\n');
    const { code } = await refusal('--bucket', 'b', '--image', 'dir:a', 'a:1', '--config', 'site.tgz', 'site.tgz');
    assert.equal(code, 3);
    assert.deepEqual(await programs.calls(), [], 'the object was not uploaded');
    const { stdout } = await execute('ls', [folder]);
    assert.doesNotMatch(stdout, /tmp\./u);
  });

  for (const [args, words] of [
    [['--config', 'site.tgz', 'site.tgz'], /--bucket is missing/u],
    [['--bucket', 'b'], /nothing to publish/u],
    [['--bucket', 'b', '--prefix', 'x'], /--prefix is no option/u],
    [['--bucket', 'b', '--config', 'site.tgz'], /--config needs what and where to/u],
    [['--bucket', 'b', '--config', 'site.tgz', 'k', '--build', 'a,b=c'], /letters, digits/u],
    [['--bucket', 'b', '--release', 'r', '--image', 'docker', 'a:1'], /docker-daemon:a:1/u],
  ] as const)
    it(`refuses ${args.slice(-3).join(' ')}`, async () => {
      const { code, stderr } = await refusal(...args);
      assert.equal(code, 2);
      assert.match(stderr, words);
      assert.deepEqual(await programs.calls(), []);
    });

  it('--help names every option that it takes', async () => {
    const [text, { stdout }] = [await readFile(PUBLISH, 'utf8'), await execute('sh', [PUBLISH, '--help'])];
    const taken = [...text.matchAll(/^ +(--[a-z-]+(?: \| --[a-z-]+)*)\)/gmu)].flatMap(([, names = '']) =>
      names.split(' | '),
    );
    assert.equal(taken.length, 11);
    for (const name of taken) assert.equal(stdout.includes(name) || name === '--help', true, name);
  });
});
