import { execFile } from 'node:child_process';
import { glob, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle } from '../../infra/bundle/build.ts';
import { median } from './measure.ts';
import { CACHE } from './repositories.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const FOLDER = join(CACHE, 'bundles');
const TIMES = 21;

/** What functions need of their environment before they do anything, and how serverless.yml has Node started. */
const ENVIRONMENT = {
  PATH: process.env.PATH,
  NODE_OPTIONS: '--enable-source-maps',
  AWS_REGION: 'eu-west-1',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  GITFERRY_DEPLOYMENT: 'bench',
  GITFERRY_REPOSITORY: 'https://git.example.org/main.git',
  GITFERRY_CHANGES_QUEUE: 'https://sqs.example.org/changes',
  GITFERRY_CHANGES_QUEUES: 'https://sqs.example.org/changes',
  GITFERRY_LOOKS_QUEUE: 'https://sqs.example.org/looks',
  GITFERRY_LOOKS_QUEUES: 'https://sqs.example.org/looks',
  GITFERRY_NOTICES_QUEUE: 'https://sqs.example.org/notices',
  GITFERRY_BUS: 'bench',
  GITFERRY_TABLE: 'bench',
  GITFERRY_LEDGER_BUCKET: 'bench',
  GITFERRY_WEBHOOK_SECRET: 'bench',
};

/** What a cold start loads. */
export interface ColdStart {
  readonly name: string;
  /** Of the handler's file. */
  readonly bytes: number;
  /** Of the files beside it, which are loaded when they are needed. */
  readonly beside: ReadonlyMap<string, number>;
  /** Milliseconds from `require` to a handler that can be called, of one process each. */
  readonly loads: readonly number[];
}

async function load(path: string): Promise<number> {
  const program = `const t=performance.now();require(${JSON.stringify(path)});console.log(performance.now()-t)`;
  const { stdout } = await run(process.execPath, ['-e', program], { env: ENVIRONMENT as NodeJS.ProcessEnv });
  return Number(stdout.trim().split('\n').at(-1));
}

async function besideOf(name: string): Promise<ReadonlyMap<string, number>> {
  const paths = await Array.fromAsync(glob(`${name}.*.cjs`, { cwd: FOLDER }));
  const sizes = paths.sort().map(async (path) => [path.slice(name.length + 1, -4), await size(path)] as const);
  return new Map(await Promise.all(sizes));
}

const size = async (file: string): Promise<number> => (await stat(join(FOLDER, file))).size;

/**
 * What these functions load, and before them what two do that use the client of S3 alone: `plain` is bundled as any other
 * would be, with the same minification; `lean` leaves out what gitferry's own bundles leave out. All by turns.
 */
export async function coldStarts(names: readonly string[]): Promise<readonly ColdStart[]> {
  // What lies there of an earlier run may be beside no bundle of this one.
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  const baseline = join(import.meta.dirname, 'baseline.ts');
  await bundle(baseline, join(FOLDER, 'plain.cjs'), { alias: {}, plugins: [] });
  await bundle(baseline, join(FOLDER, 'lean.cjs'));
  for (const name of names) await bundle(join(ROOT, `functions/${name}/handler.ts`), join(FOLDER, `${name}.cjs`));
  const files = ['plain', 'lean', ...names];
  const loads = files.map((): number[] => []);
  for (let turn = 0; turn < TIMES; turn += 1)
    for (const [index, name] of files.entries()) loads[index]?.push(await load(join(FOLDER, `${name}.cjs`)));
  return Promise.all(
    files.map(async (name, index) => {
      const [bytes, beside] = await Promise.all([size(`${name}.cjs`), besideOf(name)]);
      return { name, bytes, beside, loads: loads[index] ?? [] };
    }),
  );
}

const shown = (bytes: number): string => bytes.toLocaleString('en-US');

/** As a table. Ratios are those of one turn, their median: what else the machine does then touches both alike. */
export function table(starts: readonly ColdStart[]): string {
  const rows = starts.map(({ name, bytes, beside, loads }) => {
    const sorted = loads.toSorted((a, b) => a - b);
    const quartile = (part: number): string => (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(0);
    const few = [...beside].map(([file, more]) => `${file} ${shown(more)}`).join(', ');
    const time = `${median(loads).toFixed(1)} (${quartile(0.25)}–${quartile(0.75)})`;
    const ratios = starts.slice(0, 2).map((base) => median(loads.map((one, turn) => one / (base.loads[turn] ?? 1))));
    return [name, shown(bytes), few || '–', time, ...ratios.map((ratio) => ratio.toFixed(2))];
  });
  const head = ['', 'bytes', 'loaded when needed', 'load, ms: median (quartiles)', 'of plain', 'of lean'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
