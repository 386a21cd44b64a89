import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { parse } from 'yaml';
import { parseConfig } from '../../shared/config/parse.ts';
import { gitferryIn } from './process.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-init-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Nothing here says which region: neither the environment nor a profile. */
const { AWS_REGION: _, AWS_DEFAULT_REGION: __, AWS_PROFILE: ___, ...rest } = process.env;
const nowhere = { ...rest, AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
const gitferry = (folder: string, ...args: readonly string[]) => gitferryIn(nowhere, folder, ...args);

const NEEDED = ['--repository', 'https://github.com/acme/fleet', '--bucket', 'acme-releases', '--region', 'eu-west-1'];
const read = (name: string) => readFile(join(folder, name), 'utf8');

test('options alone make both files, with defaults for the rest, and say what comes next', async () => {
  const { status, out, err } = await gitferry(folder, 'init', ...NEEDED);
  assert.deepEqual([status, err], [0, '']);
  assert.deepEqual(parse(await read('serverless.params.yml')), {
    production: {
      repository: 'https://github.com/acme/fleet',
      branch: 'main',
      'create-bucket': 'true',
      bucket: 'acme-releases',
      'git-secret': 'gitferry/production/git',
      'git-read-secret': 'gitferry/production/git-read',
      webhooks: 'true',
      'webhook-secret': 'gitferry/production/webhooks',
    },
  });
  assert.match(out, /create-secret --region eu-west-1 --name gitferry\/production\/git --secret-string file:\/\//u);
  assert.match(out, /npx serverless deploy --stage production --region eu-west-1/u);
});

test('the gitferry.yaml is sound as it is, and with its comments taken in', async () => {
  await gitferry(folder, 'init', ...NEEDED);
  const text = await read('gitferry.yaml');
  const { mirrors } = parseConfig(Buffer.from(text));
  assert.deepEqual(
    mirrors.map(({ bucket, prefix }) => [bucket, prefix]),
    [['acme-releases', 'charts/']],
  );
  assert.equal((await gitferry(folder, 'validate', 'gitferry.yaml')).status, 0);

  const opened = text.replaceAll(/^( *)# (?=(?: *- )?[a-z]+:| {2,}\w)/gmu, '$1');
  const whole = parseConfig(Buffer.from(opened));
  assert.deepEqual([whole.mirrors.length, whole.images.length], [2, 1]);
});

test('a name of digits is a name', async () => {
  await gitferry(folder, 'init', ...NEEDED, '--bucket', '20261124');
  const { mirrors } = parseConfig(await readFile(join(folder, 'gitferry.yaml')));
  assert.equal(mirrors[0]?.bucket, '20261124');
  assert.equal(parse(await read('serverless.params.yml')).production.bucket, '20261124');
});

test('what is missing is named, all at once, and nothing is written', async () => {
  const { status, out, err } = await gitferry(folder, 'init');
  assert.deepEqual([status, out], [2, '']);
  assert.match(err, /^error: --repository, --region, --bucket are needed$/mu);
  await assert.rejects(read('serverless.params.yml'), { code: 'ENOENT' });
});

test('the region is what deploying would take: that of the environment, else of the profile', async () => {
  const others = NEEDED.slice(0, 4);
  const file = join(folder, 'config');
  await writeFile(file, '[default]\nregion = eu-north-1\n[profile other]\nregion = eu-south-1\n[profile none]\n');
  for (const [env, region] of [
    [{ AWS_CONFIG_FILE: file }, 'eu-north-1'],
    [{ AWS_CONFIG_FILE: file, AWS_PROFILE: 'other' }, 'eu-south-1'],
    [{ AWS_CONFIG_FILE: file, AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-3'],
    [{ AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-2'],
  ] as const) {
    const { out } = await gitferryIn({ ...nowhere, ...env }, folder, 'init', ...others, '--dry-run');
    assert.equal(/\.ecr\.([a-z0-9-]+)\./u.exec(out)?.[1], region);
  }
  for (const env of [{ AWS_CONFIG_FILE: file, AWS_PROFILE: 'none' }, { AWS_REGION: 'Ireland' }]) {
    const { status, err } = await gitferryIn({ ...nowhere, ...env }, folder, 'init', ...others);
    assert.equal(status, 2);
    assert.match(err, /^error: --region is needed$/mu);
  }
});

test('without webhooks there is no secret of theirs, neither in the file nor to be made', async () => {
  const { status, out } = await gitferry(folder, 'init', ...NEEDED, '--webhooks', 'false');
  assert.equal(status, 0);
  const { production } = parse(await read('serverless.params.yml'));
  assert.deepEqual([production.webhooks, production['webhook-secret']], ['false', undefined]);
  assert.doesNotMatch(out, /webhooks\.json/u);
  assert.match((await gitferry(folder, 'init', ...NEEDED, '--force')).out, /production\/webhooks .*webhooks\.json/u);
});

test('what does not fit is told, all at once, without what may be a password in it', async () => {
  const wrong = [
    '--repository',
    'https://me:word@github.com/acme/fleet',
    '--bucket',
    'Acme',
    '--param',
    'kms-key=mine',
  ];
  const { status, out, err } = await gitferry(folder, 'init', ...NEEDED, ...wrong);
  assert.deepEqual([status, out], [2, '']);
  assert.deepEqual(err.match(/^error: \S+/gmu), ['error: kms-key:', 'error: repository:', 'error: bucket:']);
  assert.doesNotMatch(err, /word/u);
  assert.equal((await gitferry(folder, 'init', ...NEEDED, '--param', 'colour=red')).status, 2);
});

test('--yes takes what the repository suggests: its address, and a bucket by its owner', async () => {
  await mkdir(join(folder, 'fleet/.git/objects'), { recursive: true });
  await mkdir(join(folder, 'fleet/.git/refs'));
  await writeFile(join(folder, 'fleet/.git/HEAD'), 'ref: refs/heads/main\n');
  await writeFile(join(folder, 'fleet/.git/config'), '[remote "origin"]\n\turl = git@github.com:Acme/fleet.git\n');
  const yes = ['--yes', '--region', 'eu-west-1', '--config', 'fleet/gitferry.yaml'];
  const { status } = await gitferry(folder, 'init', ...yes);
  assert.equal(status, 0);
  const { production } = parse(await read('serverless.params.yml'));
  assert.deepEqual([production.repository, production.bucket], ['https://github.com/Acme/fleet.git', 'acme-releases']);
  assert.match(await read('fleet/gitferry.yaml'), /bucket: acme-releases/u);
});

test('what is there is overwritten by --force alone, and other stages stay in any case', async () => {
  await writeFile(join(folder, 'serverless.params.yml'), '# ours\nproduction:\n  bucket: kept # by hand\n');
  const staging = ['--stage', 'staging'];
  assert.equal((await gitferry(folder, 'init', ...NEEDED, ...staging)).status, 0);
  const both = await read('serverless.params.yml');
  assert.match(both, /^# ours\nproduction:\n {2}bucket: kept # by hand\nstaging:\n/u);

  const again = await gitferry(folder, 'init', ...NEEDED, ...staging);
  assert.deepEqual([again.status, again.out], [2, '']);
  assert.match(again.err, /gitferry\.yaml is there already/u);
  const taken = await gitferry(folder, 'init', ...NEEDED, ...staging, '--config', 'other.yaml');
  assert.match(taken.err, /has the stage staging already/u);
  assert.equal(await read('serverless.params.yml'), both);

  const forced = await gitferry(folder, 'init', ...NEEDED, ...staging, '--branch', 'next', '--force');
  assert.equal(forced.status, 0);
  const { production, staging: replaced } = parse(await read('serverless.params.yml'));
  assert.deepEqual([production, replaced.branch], [{ bucket: 'kept' }, 'next']);
});

test('where a file has no place, none is written', async () => {
  await mkdir(join(folder, 'fleet'));
  for (const [config, words] of [
    ['nowhere/gitferry.yaml', /^error: there is no folder nowhere for nowhere\/gitferry\.yaml$/mu],
    ['fleet', /^error: fleet is a folder$/mu],
  ] as const) {
    const { status, out, err } = await gitferry(folder, 'init', ...NEEDED, '--config', config);
    assert.deepEqual([status, out], [2, '']);
    assert.match(err, words);
    await assert.rejects(read('serverless.params.yml'), { code: 'ENOENT' });
  }
});

test('what is there already can steer no terminal', async () => {
  await writeFile(join(folder, 'serverless.params.yml'), '# \u{1b}[2J\u{202e}\nother: {}\n');
  const { out } = await gitferry(folder, 'init', ...NEEDED, '--dry-run');
  assert.doesNotMatch(out, /[\u{1b}\u{202e}]/u);
  assert.match(out, /^ {2}\| # \\u\{1b\}\[2J/mu);
});

test('--dry-run shows both files and writes none', async () => {
  const { status, out } = await gitferry(folder, 'init', ...NEEDED, '--dry-run');
  assert.equal(status, 0);
  assert.match(out, /bucket: acme-releases\n.*apiVersion: gitferry\.dev\/v1\n.*Nothing was written/su);
  await assert.rejects(read('gitferry.yaml'), { code: 'ENOENT' });
});
