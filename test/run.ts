// `node test/run.ts <tier>`: the tests of a tier in one call of Node's runner; its last line are the counts.
import { spawn } from 'node:child_process';
import { glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..');

interface Tier {
  readonly include: string;
  readonly exclude: readonly string[];
  /** Milliseconds after which a file that doesn't come to its end counts as failed. */
  readonly timeout?: number;
  /** Files at once. */
  readonly concurrency?: number;
}

/** What each tier needs beyond Node and git, or how long it takes, decides where its tests stand, or that they are named so. */
const OTHERS = ['flows', 'faults', 'simulation', 'tools', 'aws', 'cluster'].map((folder) => `test/${folder}/**`);
const FLOW = 'test/**/*.flow.test.ts';
const TIERS: Readonly<Record<string, Tier>> = {
  unit: { include: 'test/**/*.test.ts', exclude: [...OTHERS, FLOW] },
  flows: { include: `{test/flows/**/*.test.ts,${FLOW}}`, exclude: [] },
  faults: { include: 'test/{faults,simulation}/**/*.test.ts', exclude: [] },
  tools: { include: 'test/tools/**/*.test.ts', exclude: [] },
  // Nearly all of it is computing, and how long a deployment takes is told.
  aws: { include: 'test/aws/**/*.test.ts', exclude: [], concurrency: availableParallelism() },
  // Each file boots a cluster of its own, of about a gigabyte; most of their time is waiting, for canaries above all.
  cluster: { include: 'test/cluster/**/*.test.ts', exclude: [], timeout: 600_000, concurrency: 3 },
};

const Counts = z.object({
  passed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  skipped: z.int(),
  todo: z.int(),
});

const TIMEOUT = 300_000;

/** Much of a test is waiting, for git and for processes that start. */
const CONCURRENCY = availableParallelism() + 1;

/** Runs the files and answers the counts; null when there are none, because the runner itself failed. */
async function run(files: readonly string[], tier: Tier): Promise<z.infer<typeof Counts> | null> {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-test-'));
  const counts = join(folder, 'counts.json');
  const reporters = [
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...[`--test-reporter=${join(import.meta.dirname, 'reporter.ts')}`, `--test-reporter-destination=${counts}`],
  ];
  try {
    const { timeout = TIMEOUT, concurrency = CONCURRENCY } = tier;
    const options = [`--test-timeout=${timeout}`, `--test-concurrency=${concurrency}`, ...reporters];
    const child = spawn(process.execPath, ['--test', ...options, ...files], {
      cwd: ROOT,
      // Every file is a process of its own, and most load the same modules.
      env: { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/gitferry-test'), ...process.env },
      stdio: 'inherit',
    });
    await new Promise((done) => child.once('exit', done));
    return Counts.parse(JSON.parse(await readFile(counts, 'utf8')));
  } catch {
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A test file without a test counts as one that passed, so it must not be there. */
async function empty(files: readonly string[]): Promise<readonly string[]> {
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(join(ROOT, file), 'utf8')] as const));
  return texts.filter(([, text]) => !/^\s*(?:it|test)(?:\.\w+)?\(/mu.test(text)).map(([file]) => file);
}

async function main(tier: string): Promise<number> {
  const chosen = TIERS[tier];
  if (chosen === undefined) {
    console.error(`There is no tier ${tier}; there are ${Object.keys(TIERS).join(', ')}.`);
    return 2;
  }
  const { include, exclude } = chosen;
  const files = (await Array.fromAsync(glob(include, { cwd: ROOT, exclude: [...exclude] }))).sort();
  const hollow = await empty(files);
  if (hollow.length > 0) {
    console.error(`These files hold no test: ${hollow.join(', ')}`);
    return 1;
  }
  const counts = files.length === 0 ? null : await run(files, chosen);
  if (counts === null) {
    console.error(`The tier ${tier} could not be run: ${files.length} files.`);
    return 1;
  }
  const failed = counts.failed + counts.cancelled;
  const skipped = counts.skipped + counts.todo;
  // Where all that the tests ask for was put there on purpose, one that skips has proved nothing.
  const complete = process.env.CI !== undefined && process.env.GITFERRY_DATA !== undefined;
  const strict = complete && tier === 'tools' ? skipped : 0;
  const line = `${counts.passed} passed, ${failed + strict} failed`;
  console.log(skipped > strict ? `${line}, ${skipped} skipped` : line);
  return failed + strict > 0 || counts.passed === 0 ? 1 : 0;
}

process.exitCode = await main(process.argv[2] ?? '');
