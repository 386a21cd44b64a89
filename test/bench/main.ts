// `npm run bench:git`: what landing three files costs, in three repositories, by each way.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bundle, bundleCommandLine } from '../../infra/bundle/build.ts';
import { type Cost, measure, median } from './measure.ts';
import { CACHE, LEDGER, MIRRORED, repositoryOf, SHAPES } from './repositories.ts';
import { type CountingServer, startCountingServer } from './server.ts';
import { built, PATHS, waysOf } from './ways.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

type Row = Omit<Cost, 'out'> & { readonly requests: number; readonly sent: number; readonly received: number };

const HEAD = ['way', 'wall s', 'CPU s', 'peak MB', 'requests', 'sent', 'received'];

function middle(rows: readonly Row[]): Row {
  const of = (field: keyof Row): number => median(rows.map((row) => row[field]));
  const [wall, cpu, peak] = [of('wall'), of('cpu'), of('peak')];
  return { wall, cpu, peak, requests: of('requests'), sent: of('sent'), received: of('received') };
}

function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${(count / 1e3).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

function line(name: string, row: Row): string {
  const { wall, cpu, peak, requests, sent, received } = row;
  return `| ${[name, wall.toFixed(3), cpu.toFixed(3), peak.toFixed(0), requests, bytes(sent), bytes(received)].join(' | ')} |`;
}

/** Checks that the branch is one commit on its base that changes just our paths, and puts it back. */
async function check(dir: string, commits: number, paths: readonly string[] = PATHS): Promise<void> {
  const git = async (...args: string[]): Promise<string> => (await run('git', args, { cwd: dir })).stdout.trim();
  const since = `refs/bench/main..refs/heads/main`;
  if ((await git('rev-list', '--count', since)) !== String(commits))
    throw new Error(`not ${commits} commits in ${dir}`);
  const changed = (await git('diff', '--name-only', 'refs/bench/main', 'refs/heads/main')).split('\n');
  if (changed.sort().join() !== [...paths].sort().join()) throw new Error(`other paths changed in ${dir}: ${changed}`);
  await git('fsck', '--strict', '--full');
  await git('update-ref', 'refs/heads/main', 'refs/bench/main');
  await git('update-ref', `refs/heads/${LEDGER}`, 'refs/bench/ledger');
}

/** Runs a program in an empty folder, and counts what passed through the server meanwhile. */
async function once(server: CountingServer, command: (url: string, file: string) => readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'gitferry-bench-'));
  try {
    const file = join(folder, 'content');
    await writeFile(file, `content: ${performance.now()}\n`);
    Object.assign(server.count, { requests: 0, sent: 0, received: 0 });
    const [program = '', ...args] = command(server.url, file);
    const { out, ...cost } = await measure(program, args, folder);
    return { out, row: { ...cost, ...server.count } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One file by the bare command, and by `mirror` with its rules and a ledger of 100,000 records; each in a new process. */
async function mirrored(server: CountingServer, dir: string, { cli, mirror }: ReturnType<typeof built>): Promise<void> {
  const bare = ['land', '--branch', 'main', '-m', 'Bench', '--repository', server.url];
  const commands = {
    'one file, gitferry land': (_: string, file: string) => {
      return [process.execPath, cli, ...bare, '--put', `${MIRRORED.path}=${file}`];
    },
    'one file, mirror': (url: string, file: string) => [process.execPath, mirror, url, file],
  };
  for (const [name, command] of Object.entries(commands)) {
    // The first landing reads all rules afresh, which later ones need not.
    await once(server, command);
    const rows: Row[] = [];
    for (let i = 0; i < 5; i++) rows.push((await once(server, command)).row);
    await check(dir, 6, [MIRRORED.path]);
    console.log(line(`${name} (5)`, middle(rows)));
  }
}

async function main(names: readonly string[]): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const programs = built(CACHE);
  await bundleCommandLine(root, programs.cli);
  await bundle(join(root, 'test/bench/isomorphic.ts'), programs.isomorphic);
  await bundle(join(root, 'test/bench/warm.ts'), programs.warm);
  await bundle(join(root, 'test/bench/mirror.ts'), programs.mirror);
  const { stdout: version } = await run('git', ['--version']);
  console.log(`${version.trim()}, Node ${process.version}, ${cpus().length} cores; medians, servers on 127.0.0.1\n`);

  for (const shape of SHAPES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const folder = await repositoryOf(shape);
    const dir = join(folder, 'main.git');
    const server = await startCountingServer(folder);
    const { stdout: files } = await run('git', ['ls-tree', '-r', '--name-only', 'refs/bench/main'], {
      cwd: dir,
      maxBuffer: 2 ** 26,
    });
    console.log(`### ${shape.name}: ${files.trim().split('\n').length} files\n`);
    console.log(`| ${HEAD.join(' | ')} |\n|${' --- |'.repeat(HEAD.length)}`);
    try {
      for (const { name, runs, command } of waysOf(programs, shape.name === 'large')) {
        const rows: Row[] = [];
        for (let i = 0; i < runs; i++) {
          rows.push((await once(server, command)).row);
          await check(dir, 1);
        }
        console.log(line(`${name} (${runs})`, middle(rows)));
        if (!name.includes('cold, by ids')) continue;
        const { out, row } = await once(server, (url) => [process.execPath, programs.warm, url, '11', ...PATHS]);
        await check(dir, 11);
        const warm = (JSON.parse(out) as Omit<Row, 'peak'>[]).map((one) => ({ ...one, peak: row.peak }));
        console.log(line(`gitferry, warm (${warm.length})`, middle(warm)));
      }
      await mirrored(server, dir, programs);
    } finally {
      await server.close();
    }
    console.log('');
  }
}

await main(process.argv.slice(2));
