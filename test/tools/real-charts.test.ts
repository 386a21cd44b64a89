import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { BUCKET, CONFIG, startStack, type TestStack } from '../servers/stack.ts';
import { awsCopy, lacking } from './programs.ts';

const execute = promisify(execFile);

/** Charts and repositories of real projects; where it is asked for, it must be there. */
const data = process.env.GITFERRY_DATA;
if (data !== undefined) await stat(data);

const MIRRORED = CONFIG.replace('apps/production', 'apps/mirrored');

/** In the order in which they arrive; `lands` is the folder that the archive's own folders come to stand in. */
const uploads = [
  {
    file: 'charts/podinfo-6.12.0.tgz',
    key: 'charts/podinfo-6.12.0.tgz',
    lands: 'charts',
    folder: 'podinfo',
    chart: true,
  },
  {
    file: 'charts/podinfo-6.14.1.tgz',
    key: 'charts/podinfo-6.14.1.tgz',
    lands: 'charts',
    folder: 'podinfo',
    chart: true,
  },
  {
    file: 'charts/kube-state-metrics-8.4.0.tgz',
    key: 'charts/kube-state-metrics-8.4.0.tgz',
    lands: 'charts',
    folder: 'kube-state-metrics',
    chart: true,
  },
  {
    file: 'charts/prometheus-adapter-5.3.0.tgz',
    key: 'charts/prometheus-adapter-5.3.0.tgz',
    lands: 'charts',
    folder: 'prometheus-adapter',
    chart: true,
  },
  {
    file: 'config/podinfo-kustomize.tgz',
    key: 'config/podinfo-kustomize.tgz',
    lands: 'apps/mirrored',
    folder: 'kustomize',
    chart: false,
  },
];

const skip = data === undefined ? 'GITFERRY_DATA names no folder of real charts' : await lacking('aws', 'helm');

async function run(cwd: string, program: string, ...args: string[]): Promise<string> {
  return (await execute(program, args, { cwd, maxBuffer: 2 ** 26 })).stdout;
}

/** What helm makes of a chart, by lines. */
async function render(chart: string): Promise<string[]> {
  return (await run(tmpdir(), 'helm', 'template', 'release', chart)).split('\n');
}

type Put = (stack: TestStack, file: string, key: string) => Promise<void>;

const byCommandLine: Put = (stack, file, key) => awsCopy(stack.url, file, `s3://${BUCKET}/${key}`);
const bySdk: Put = async (stack, file, key) => stack.put(key, await readFile(file));

for (const [name, put] of [
  ['the aws command line', byCommandLine],
  ['the SDK', bySdk],
] as const)
  describe(`real charts, dropped by ${name}, into a real repository`, () => {
    let folder: string;
    /** What the repository should hold, made by tar and nothing of ours. */
    let expected: string;
    let stack: TestStack;

    before(async () => {
      if (skip) return;
      folder = await mkdtemp(join(tmpdir(), 'gitferry-tools-'));
      await run(folder, 'tar', '-xzf', join(data ?? '', 'repositories/fleet.tgz'));
      expected = join(folder, 'fleet');
      await writeFile(join(expected, 'gitferry.yaml'), MIRRORED);
      const identity = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
      await run(expected, 'git', 'init', '--quiet', '--initial-branch=main', '.');
      await run(expected, 'git', 'add', '--all', '--force');
      await run(expected, 'git', ...identity, 'commit', '--quiet', '--message=Begin');
      await run(folder, 'git', 'clone', '--quiet', '--bare', 'fleet', 'main.git');
      await rm(join(expected, '.git'), { recursive: true });
      stack = await startStack({ repositories: folder });
    });
    after(async () => {
      await stack?.stop();
      if (folder) await rm(folder, { recursive: true, force: true });
    });

    for (const { file, key, lands, folder: own, chart } of uploads)
      it(`${key}: the diff is what tar says, and nothing else moved`, { skip }, async () => {
        const place = join(lands, own);
        const tree = (ref: string): Promise<string> => run(stack.git, 'git', 'ls-tree', '-r', ref);
        const others = (listing: string): string[] =>
          listing.split('\n').filter((line) => !line.includes(`\t${place}/`));
        const [tip, treeBefore] = [await run(stack.git, 'git', 'rev-parse', 'main'), await tree('main')];

        await put(stack, join(data ?? '', file), key);
        await stack.settled();

        assert.equal(await run(stack.git, 'git', 'rev-list', '--count', `${tip.trim()}..main`), '1\n', 'one commit');
        await run(stack.git, 'git', 'fsck', '--strict');
        assert.deepEqual(others(await tree('main')), others(treeBefore), 'modes and bytes elsewhere');

        await mkdir(join(expected, lands), { recursive: true });
        await rm(join(expected, place), { recursive: true, force: true });
        await run(join(expected, lands), 'tar', '-xzf', join(data ?? '', file));
        const actual = join(folder, 'actual');
        await rm(actual, { recursive: true, force: true });
        await mkdir(actual);
        await run(stack.git, 'git', `--work-tree=${actual}`, 'checkout', '--force', 'main', '--', '.');
        assert.equal(await run(folder, 'diff', '-r', '--no-dereference', expected, actual), '');

        if (!chart) return;
        const archive = join(data ?? '', file);
        const [one, other, mirrored] = await Promise.all([archive, archive, join(actual, place)].map(render));
        // Some charts call what they make by a random name: lines in which two renderings of the archive itself differ.
        const random = one?.map((line, at) => line !== other?.[at]) ?? [];
        const fixed = (lines: readonly string[] | undefined) => lines?.filter((_, at) => random[at] !== true);
        assert.equal(mirrored?.length, one?.length);
        assert.deepEqual(fixed(mirrored), fixed(one));
      });
  });
