import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { CACHE } from './cache.ts';
import { capture, run } from './command.ts';
import { folderOf, PARTS, type Part, type PartName } from './parts.ts';

/** Same on every machine, so that a binary links nothing of the system's. */
const ENVIRONMENT = { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false' };
const FLAGS = ['-p=2', '-trimpath'];
const OLDEST_GO = [1, 26] as const;

/** A built part, in a folder of the cache. */
export interface Built {
  /** The binary; absent where only the CRDs are used. */
  readonly program: string;
  /** A JSON array of CRDs. */
  readonly crds: string;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Everything that decides what comes out; Go's own version is left to whoever updates it. */
async function keyOf(part: Part): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([part, ENVIRONMENT, FLAGS]));
  for (const file of ['go.mod', 'go.sum', ...(part.main === '.' ? ['main.go'] : [])]) {
    hash.update(`\0${file}\0`).update(await readFile(join(folderOf(part), file)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function requireGo(): Promise<void> {
  const version = await capture('go', ['env', 'GOVERSION']).catch(() => '');
  const [, major = '0', minor = '0'] = /^go(\d+)\.(\d+)/u.exec(version) ?? [];
  const [first, second] = OLDEST_GO;
  if (Number(major) > first || (Number(major) === first && Number(minor) >= second)) return;
  const found = version === '' ? 'there is no go' : `there is ${version.trim()}`;
  throw new Error(
    `The parts of the cluster are built by Go ${OLDEST_GO.join('.')} or newer, and ${found}. Install it from https://go.dev/dl and see that it is on PATH.`,
  );
}

/** The module's folder, downloaded and checked against go.sum. */
async function sources(part: Part): Promise<string> {
  const cwd = folderOf(part);
  const pinned = await readFile(join(cwd, 'go.mod'), 'utf8');
  const version = new RegExp(`${part.module} (v\\S+)`, 'u').exec(pinned)?.[1] ?? 'none';
  const answer = await capture('go', ['mod', 'download', '-json', `${part.module}@${version}`], { cwd });
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

/** Go's options to build a copy of the module, changed as the part says, instead of the module itself. */
async function patched(part: Part, work: string): Promise<readonly string[]> {
  if (part.patch === undefined) return [];
  const { file, from, to } = part.patch;
  const copy = join(work, 'module');
  await cp(await sources(part), copy, { recursive: true });
  // The module cache is read-only, and so is what is copied from it.
  await run('chmod', ['-R', 'u+w', copy]);
  const text = await readFile(join(copy, file), 'utf8');
  if (!text.includes(from))
    throw new Error(`${part.name} no longer holds ${from} in ${file}; look at its patch in parts.ts.`);
  await writeFile(join(copy, file), text.replace(from, to));
  const pinned = await readFile(join(folderOf(part), 'go.mod'), 'utf8');
  await writeFile(join(work, 'go.mod'), `${pinned}\nreplace ${part.module} => ${copy}\n`);
  await copyFile(join(folderOf(part), 'go.sum'), join(work, 'go.sum'));
  return [`-modfile=${join(work, 'go.mod')}`];
}

async function crdsOf(part: Part): Promise<readonly unknown[]> {
  if (part.crds.length === 0) return [];
  const root = await sources(part);
  const files = await Promise.all(
    part.crds.map(async (path) =>
      path.endsWith('.yaml') ? [path] : (await readdir(join(root, path))).map((name) => join(path, name)),
    ),
  );
  const texts = await Promise.all(files.flat().map((path) => readFile(join(root, path), 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as unknown)).filter(Boolean);
}

async function make(part: Part, to: string, say: (line: string) => void): Promise<void> {
  const began = Date.now();
  await mkdir(CACHE, { recursive: true });
  // Renamed when it is whole, so that a build which was cut short leaves nothing that looks like one.
  const work = await mkdtemp(join(CACHE, `.${part.name}-`));
  try {
    await requireGo();
    if (part.main !== null) {
      say(`Building ${part.name} with Go, once; this takes minutes.`);
      const patch = await patched(part, work);
      const output = ['-o', join(work, part.name)];
      await run('go', ['build', ...FLAGS, ...patch, '-ldflags', part.ldflags.join(' '), ...output, part.main], {
        cwd: folderOf(part),
        env: { ...process.env, ...ENVIRONMENT, GOWORK: 'off' },
      });
    }
    for (const left of ['module', 'go.mod', 'go.sum']) await rm(join(work, left), { recursive: true, force: true });
    await writeFile(join(work, 'crds.json'), JSON.stringify(await crdsOf(part)));
    await rename(work, to).catch(async (error: unknown) => {
      // Another process was first, with the same.
      if (!(await exists(to))) throw error;
    });
    say(`${part.name} is there, after ${Math.round((Date.now() - began) / 1000)} s: ${to}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * All parts of the cluster, out of the cache; what isn't there is built first, one part after the other, which takes ten to 25
 * minutes on two cores the first time. Throws with what to install when something that builds them is missing.
 */
export async function buildParts(say: (line: string) => void): Promise<Readonly<Record<PartName, Built>>> {
  const built = new Map<string, Built>();
  for (const part of PARTS) {
    const folder = join(CACHE, `${part.name}-${await keyOf(part)}`);
    if (!(await exists(folder))) await make(part, folder, say);
    built.set(part.name, { program: join(folder, part.name), crds: join(folder, 'crds.json') });
  }
  return Object.fromEntries(built) as Record<PartName, Built>;
}
