import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle } from '../../infra/build.ts';
import { median } from './measure.ts';
import { CACHE } from './repositories.ts';

const run = promisify(execFile);
const TIMES = 9;

/** What a function needs of its environment before it does anything. */
const ENVIRONMENT = {
  PATH: process.env.PATH,
  AWS_REGION: 'eu-west-1',
  GITFERRY_DEPLOYMENT: 'bench',
  GITFERRY_REPOSITORY: 'https://git.example.org/main.git',
  GITFERRY_CHANGES_QUEUE: 'https://sqs.example.org/changes',
  GITFERRY_LOOKS_QUEUE: 'https://sqs.example.org/looks',
  GITFERRY_NOTICES_QUEUE: 'https://sqs.example.org/notices',
  GITFERRY_BUS: 'bench',
  GITFERRY_TABLE: 'bench',
  GITFERRY_WEBHOOK_SECRET: 'bench',
};

async function load(path: string): Promise<number> {
  const program = `const t=performance.now();require(${JSON.stringify(path)});console.log(performance.now()-t)`;
  const { stdout } = await run(process.execPath, ['-e', program], { env: ENVIRONMENT as NodeJS.ProcessEnv });
  return Number(stdout.trim().split('\n').at(-1));
}

/** Milliseconds that each bundle takes to load, and a handler that imports the client of S3 alone; by turns, medians. */
export async function loadTimes(
  files: readonly string[],
): Promise<{ readonly baseline: number; readonly each: readonly number[] }> {
  const source = join(CACHE, 'bundles', 'baseline.ts');
  const built = join(CACHE, 'bundles', 'baseline.cjs');
  await writeFile(
    source,
    `export { S3Client } from '${import.meta.resolve('@aws-sdk/client-s3').replace('file://', '')}';\n`,
  );
  await bundle(source, built);
  const all = [built, ...files];
  const times = all.map((): number[] => []);
  for (let turn = 0; turn < TIMES; turn += 1)
    for (const [index, path] of all.entries()) times[index]?.push(await load(path));
  const [baseline = 0, ...each] = times.map((one) => median(one));
  return { baseline, each };
}
