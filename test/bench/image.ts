// `npm run bench:image`: pushes to a real registry, which tells the embedded run, beside a clone and a push by native git.
import { execFile } from 'node:child_process';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { bundle } from '../../infra/bundle/build.ts';
import { minimalImage, pushBlobs, pushManifests } from '../../infra/local/image-push.ts';
import { startDockerRegistry } from '../servers/docker-registry.ts';
import { startGitServer } from '../servers/git-server.ts';
import { type ImageStack, startImageStack } from '../servers/image-stack.ts';
import { deploymentOf, fleet, imageOf } from './image-fleet.ts';
import type { Landing } from './image-mirror.ts';
import { clonedEdit } from './image-peer.ts';
import { median } from './measure.ts';
import { CACHE } from './repositories.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

const SINGLE = 20;
const AT_ONCE = 100;
const MANY = 10_000;

const since = (begin: number): number => (performance.now() - begin) / 1000;
const spread = (values: readonly number[]): string =>
  `median ${median(values).toFixed(3)} s, maximum ${Math.max(...values).toFixed(3)} s of ${values.length}`;

/** One push after the other, each until its commit is there; then the same edit by native git. Seconds. */
async function singly(stack: ImageStack, app: number, edited: number) {
  const to = { registry: `http://${stack.registry}`, repository: imageOf(app) };
  const tip = (): Promise<string> => readFile(join(stack.git, 'refs/heads/main'), 'utf8');
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let index = 0; index <= SINGLE; index += 1) {
    const tag = `1.1.${index}`;
    const image = minimalImage({ tag });
    await pushBlobs(to, image);
    const before = await tip();
    const begin = performance.now();
    await pushManifests(to, image, tag);
    while ((await tip()) === before) await delay(1);
    // The first finds nothing warm.
    if (index > 0) ours.push(since(begin));
    await stack.settled();
    const name = `${stack.registry}/${imageOf(edited)}`;
    if (index > 0) theirs.push((await clonedEdit(stack.repository, name, tag, deploymentOf(edited))).wall);
  }
  return { ours, theirs };
}

/** Pushes to all images at once; the clock runs from the first manifest. */
async function atOnce(stack: ImageStack) {
  // A push that is refused as stale comes by the first of these hooks as well.
  for (const hook of ['pre-receive', 'post-receive']) {
    const path = join(stack.git, 'hooks', hook);
    await writeFile(path, `#!/bin/sh\necho >>'${path}.count'\n`);
    await chmod(path, 0o755);
  }
  const count = async (hook: string) => (await stat(join(stack.git, 'hooks', `${hook}.count`))).size;
  const git = async (...args: string[]) => (await run('git', args, { cwd: stack.git })).stdout.trim();

  const tag = '1.2.0';
  const image = minimalImage({ tag });
  const places = Array.from({ length: AT_ONCE }, (_, app) => ({
    registry: `http://${stack.registry}`,
    repository: imageOf(app),
  }));
  for (const to of places) await pushBlobs(to, image);
  const [from, happened] = [await git('rev-parse', 'main'), stack.happenings.length];
  const begin = performance.now();
  await Promise.all(places.map((to) => pushManifests(to, image, tag)));
  const accepted = since(begin);
  await stack.told(
    places.map(({ repository }) => `${stack.registry}/${repository}:${tag}`),
    happened,
  );
  const landed = since(begin);
  const commits = await git('rev-list', '--count', `${from}..main`);
  return { commits, pushes: await count('pre-receive'), moved: await count('post-receive'), accepted, landed };
}

/** One image among many files, in a process of its own, and the same edit by native git. */
async function amongMany() {
  const program = join(CACHE, 'image-mirror.cjs');
  await bundle(join(ROOT, 'test/bench/image-mirror.ts'), program);
  const registry = await startDockerRegistry();
  if (registry === null) throw new Error('docker-registry is not installed.');
  const server = await startGitServer(fleet(registry.host, Math.ceil(MANY / 3), 1));
  try {
    const tags = ['1.1.0', '1.1.1', '1.1.2', '1.1.3', '1.1.4', '1.1.5'];
    const { stdout } = await run(process.execPath, [program, server.url, registry.host, imageOf(0), ...tags]);
    const [cold, ...warm] = JSON.parse(stdout) as Landing[];
    const name = `${registry.host}/${imageOf(1)}`;
    const theirs: number[] = [];
    for (const tag of tags.slice(0, 3)) theirs.push((await clonedEdit(server.url, name, tag, deploymentOf(1))).wall);
    return { cold, warm, theirs };
  } finally {
    await server.close();
    await registry.close();
  }
}

function row(name: string, { wall, git, registry, received, peak }: Landing): string {
  const cells = [name, wall.toFixed(3), git, registry, `${(received / 1e6).toFixed(2)} MB`, `${peak.toFixed(0)} MB`];
  return `| ${cells.join(' | ')} |`;
}

const { stdout: version } = await run('git', ['--version']);
console.log(`${version.trim()}, Node ${process.version}, ${cpus().length} cores; servers on 127.0.0.1\n`);

const stack = await startImageStack({
  files: async (registry) => fleet(registry, AT_ONCE + 10, AT_ONCE),
});
try {
  const { ours, theirs } = await singly(stack, 0, AT_ONCE + 1);
  console.log(`push -> commit, warm:         ${spread(ours)}`);
  console.log(`clone, edit, push by git:     ${spread(theirs)}; ratio ${(median(theirs) / median(ours)).toFixed(2)}`);
  const { commits, pushes, moved, accepted, landed } = await atOnce(stack);
  console.log(
    `${AT_ONCE} manifests at once: ${commits} commits in ${moved} pushes and ${pushes - moved} that came too late, all in Git after ${landed.toFixed(1)} s`,
  );
  console.log(`the registry had taken them after ${accepted.toFixed(1)} s`);
} finally {
  await stack.stop();
}

const { cold, warm, theirs } = await amongMany();
const middle = (of: keyof Landing): number => median(warm.map((landing) => landing[of]));
console.log(`\n### ${MANY} YAML files in the globs\n`);
console.log(
  '| | wall s | requests to Git | to the registry | received from Git | peak |\n| --- | --- | --- | --- | --- | --- |',
);
if (cold !== undefined) console.log(row('cold', cold));
const about = { wall: middle('wall'), git: middle('git'), registry: middle('registry') };
console.log(row(`warm (${warm.length})`, { ...about, received: middle('received'), peak: middle('peak') }));
console.log(`| clone, edit, push by git (${theirs.length}) | ${median(theirs).toFixed(3)} | | | | |`);
