import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gitferry, gitferryIn } from './process.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitferry-cli-'));
});
after(() => rm(folder, { recursive: true }));

test('--version says the package’s', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.deepEqual(await gitferry(folder, '--version'), { status: 0, out: `${manifest.version}\n`, err: '' });
});

test('a command line that is not understood ends with 2, on stderr', async () => {
  const wrong = [[], ['fly'], ['validate'], ['log', '-n', '0'], ['put', 'x', '--metadata', 'novalue']];
  for (const { status, out, err } of await Promise.all(wrong.map((args) => gitferry(folder, ...args)))) {
    assert.deepEqual([status, out], [2, '']);
    assert.notEqual(err, '');
  }
});

test('validate shows every fault on a line of its own, what to do below it, and ends with 1', async () => {
  await writeFile(join(folder, 'bad.yaml'), 'mirrors:\n  - bucket: acme\n    colour: "\\e[2J"\nchecks: {}\n');
  const { status, out, err } = await gitferry(folder, 'validate', 'bad.yaml');
  assert.deepEqual([status, err], [1, '']);
  assert.deepEqual(
    out.split('\n').map((line) => line.split(' ').slice(0, 4).join(' ')),
    [
      'bad.yaml:2:5 PlaceMissing The mirror',
      '  Add "chart:',
      'bad.yaml:3:5 KeyUnknown There is',
      '  Correct its',
      'bad.yaml:4:1 NotSupportedYet checks is',
      '  Take it',
      '',
    ],
  );
});

test('validate says what is sound', async () => {
  await writeFile(join(folder, 'good.yaml'), 'mirrors:\n  - {bucket: acme, files: apps}\n');
  assert.deepEqual(await gitferry(folder, 'validate', 'good.yaml'), {
    status: 0,
    out: 'good.yaml: no faults, 1 mirror\n',
    err: '',
  });
  const image = "{image: nginx, policy: {semver: '*'}}";
  await writeFile(join(folder, 'more.yaml'), `images: [${image}]\nreleases: [{bucket: a-1}, {bucket: b-1}]\n`);
  assert.deepEqual(await gitferry(folder, 'validate', 'more.yaml'), {
    status: 0,
    out: 'more.yaml: no faults, 0 mirrors, 1 image, 2 rules for release files\n',
    err: '',
  });
});

test('an error is a reason and a sentence, without a stack', async () => {
  const missing = await gitferry(folder, 'validate', 'absent.yaml');
  assert.deepEqual(missing, { status: 1, out: '', err: 'FileMissing: There is no file absent.yaml.\n' });
  const { status, err } = await gitferry(folder, 'log');
  assert.equal(status, 1);
  assert.match(err, /^NotRunning: No gitferry runs in .*\.\n {2}Run "npm start" .*\n$/u);
});

test('whoever has not set up AWS is told what is missing', async () => {
  const { PATH } = process.env;
  const bare = { PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
  const verify = ['ledger', 'verify', '--repository', 'http://127.0.0.1:9/x', '--deployment', 'p', '--bucket', 'b'];
  for (const [args, status] of [
    [['redrive', '--stage', 'production'], 1],
    [verify, 2],
  ] as const) {
    const lost = await gitferryIn(bare, folder, ...args);
    assert.equal(lost.status, status);
    assert.match(lost.err, /^No region of AWS is known: set AWS_REGION, or name it by --region\.\n$/u);
    const unknown = await gitferryIn({ ...bare, AWS_REGION: 'eu-west-1' }, folder, ...args);
    assert.equal(unknown.status, status);
    assert.match(unknown.err, /^No credentials of AWS can be used: Could not load credentials .*\n$/u);
  }
});

test('a stack that has ended is not found', async () => {
  await mkdir(join(folder, '.gitferry'));
  const url = 'http://127.0.0.1:9/';
  const run = {
    endpoints: { s3: url, sqs: url, events: url, git: url },
    bucket: 'b',
    queue: url,
    branch: 'main',
    deployment: 'local',
  };
  // Linux gives no process a number so large.
  await writeFile(join(folder, '.gitferry', 'run.json'), JSON.stringify({ ...run, pid: 2 ** 30 }));
  assert.match((await gitferry(folder, 'log')).err, /^NotRunning/u);
});
