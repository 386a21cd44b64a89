import { execFile, spawn } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A monorepo: `clusters/<environment>/apps/<team>/<app>/*.yaml` and a flat, wide `charts/` of archives. */
export interface Shape {
  readonly name: string;
  readonly environments: number;
  readonly teams: number;
  readonly apps: number;
  readonly archives: number;
  /** Bytes of one archive. */
  readonly archive: number;
}

export const SHAPES: readonly Shape[] = [
  { name: 'small', environments: 2, teams: 3, apps: 5, archives: 9, archive: 10_000 },
  { name: 'middle', environments: 4, teams: 13, apps: 30, archives: 319, archive: 150_000 },
  { name: 'large', environments: 4, teams: 39, apps: 100, archives: 3_200, archive: 153_000 },
];

/** Where `mirror` lands what it is given, in each repository. */
export const MIRRORED = { key: 'config/new.yaml', path: 'clusters/env-1/apps/team-002/app-003/new.yaml' } as const;
const CONFIG = `mirrors:
  - { bucket: bench, prefix: config/, files: clusters/env-1/apps/team-002/app-003 }
`;

/** The ledger that stands beside each repository's branch, and its records. */
export const LEDGER = 'gitferry-ledger/bench/main';
const RECORDS = 100_000;
const KINDS = ['deployment', 'service', 'values'];

/** Outside the checkout, kept from run to run. */
export const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'gitferry', 'bench-2');

/** Bytes that do not compress, the same in every run. */
function noise(length: number): (index: number) => Buffer {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
  return () => cipher.update(Buffer.alloc(length));
}

const padded = (value: number): string => String(value).padStart(3, '0');

function* files({ environments, teams, apps, archives, archive }: Shape): Generator<readonly [string, Buffer]> {
  yield ['gitferry.yaml', Buffer.from(CONFIG)];
  const bytes = noise(archive);
  for (let i = 0; i < archives; i++) yield [`charts/chart-${padded(i)}-1.0.0.tgz`, bytes(i)];
  for (let e = 0; e < environments; e++) {
    for (let t = 0; t < teams; t++) {
      for (let a = 0; a < apps; a++) {
        const folder = `clusters/env-${e}/apps/team-${padded(t)}/app-${padded(a)}`;
        for (const kind of KINDS) {
          const text = `# ${kind} of app ${a}, team ${t}, environment ${e}\nname: app-${a}\nteam: team-${t}\n`;
          yield [`${folder}/${kind}.yaml`, Buffer.from(`${text}replicas: ${(a * 7 + t) % 9}\nkind: ${kind}\n`)];
        }
      }
    }
  }
}

/** A ledger that knows the branch up to `recorded`. */
function* records(recorded: string): Generator<readonly [string, Buffer]> {
  const about = { schema: 1, deployment: 'bench', branch: 'main' };
  const head = { ...about, recorded, config: null, fault: null, mirrors: {} };
  yield ['ledger.json', Buffer.from(JSON.stringify(head))];
  for (let i = 0; i < RECORDS; i++) {
    const hash = createHash('sha256').update(`unit-${i}`).digest('hex');
    const path = `units/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}.json`;
    yield [path, Buffer.from(`{"schema":1,"unit":"unit-${i}"}\n`)];
  }
}

function* script(branch: string, content: Iterable<readonly [string, Buffer]>): Generator<Buffer> {
  yield Buffer.from(
    `commit refs/heads/${branch}\ncommitter Bench <bench@example.org> 1700000000 +0000\ndata 5\nBegin\n`,
  );
  for (const [path, bytes] of content) {
    yield Buffer.concat([Buffer.from(`M 100644 inline ${path}\ndata ${bytes.length}\n`), bytes, Buffer.from('\n')]);
  }
}

/** Runs git in a folder, with what the generator gives on its standard input. */
async function git(folder: string, args: readonly string[], input: Iterable<Buffer> = []): Promise<void> {
  const child = spawn('git', args, { cwd: folder, stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  for (const part of input) {
    if (!child.stdin.write(part)) await new Promise((resolve) => child.stdin.once('drain', resolve));
  }
  child.stdin.end();
  if ((await ended) !== 0) throw new Error(`git ${args[0]} failed`);
}

/** The folder of a repository of this shape (`main.git` in it), generated when it is not there yet. */
export async function repositoryOf(shape: Shape): Promise<string> {
  const folder = join(CACHE, shape.name);
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  if (exists) return folder;
  const draft = `${folder}.draft`;
  await rm(draft, { recursive: true, force: true });
  const dir = join(draft, 'main.git');
  await mkdir(dir, { recursive: true });
  await git(dir, ['init', '--quiet', '--bare', '--initial-branch=main', '.']);
  const importing = ['-c', 'core.compression=1', 'fast-import', '--quiet'];
  await git(dir, importing, script('main', files(shape)));
  const { stdout: tip } = await promisify(execFile)('git', ['rev-parse', 'refs/heads/main'], { cwd: dir });
  await git(dir, importing, script(LEDGER, records(tip.trim())));
  await git(dir, ['-c', 'pack.window=0', 'repack', '-adq']);
  await git(dir, ['update-ref', 'refs/bench/main', 'refs/heads/main']);
  await git(dir, ['update-ref', 'refs/bench/ledger', `refs/heads/${LEDGER}`]);
  await rename(draft, folder);
  return folder;
}
