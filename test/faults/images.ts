import assert from 'node:assert/strict';
import { sweep } from '../../functions/sweep/sweep.ts';
import type { ImageChange } from '../../shared/change/change.ts';
import { formatChange } from '../../shared/change/own.ts';
import { newMemory } from '../../shared/git/memory.ts';
import { SmartHttp } from '../../shared/git/smart-http.ts';
import type { Images } from '../../shared/source/images.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import type { Ferry, Invocation } from '../servers/ferry.ts';
import type { GitRepository } from '../servers/git-repository.ts';
import { CONFIG } from '../servers/stack.ts';
import { digestNamed } from '../simulation/memory-images.ts';

/** The image that a policy of these tests keeps. */
export function imageOf(name: string): string {
  return `quay.io/acme/${name}`;
}

/** A line of `images:`: any version of an image, in the files of a folder of its name, unless `more` says otherwise. */
export function policy(name: string, more = ''): string {
  const about = [
    `image: ${imageOf(name)}, name: "apps:${name}"`,
    more.includes('policy:') ? '' : 'policy: { semver: "*" }',
    more.includes('files:') ? '' : `files: ["${name}/**"]`,
    more,
  ];
  return `  - { ${about.filter((one) => one !== '').join(', ')} }\n`;
}

/** gitferry.yaml with these policies beside the mirrors of all tests. */
export function rules(...policies: readonly string[]): string {
  return `${CONFIG}images:\n${policies.join('')}`;
}

/** `quay.io/acme/api:1.1.0@sha256:…`, as gitferry writes it. */
export function pinned(name: string, tag: string, content = `${imageOf(name)}:${tag}`): string {
  return `${imageOf(name)}:${tag}@${digestNamed(content)}`;
}

/** A Deployment with one container; the image stands on line 10. */
export function deployment(image: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: main
spec:
  template:
    spec:
      containers:
        - name: main
          image: ${image} # kept
`;
}

/** `<name>/main.yaml` of each name, with this tag. */
export function deployments(names: readonly string[], tag = '1.0.0'): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${name}/main.yaml`, deployment(`${imageOf(name)}:${tag}`)]));
}

/** Sends the event of a push that the registry may or may not have had. */
export function tellImage(ferry: Ferry, name: string, change: Partial<ImageChange> = {}): Promise<void> {
  return ferry.send(formatChange({ kind: 'image', image: imageOf(name), ...change }));
}

/** A push, and its event. Answers the digest. */
export async function push(ferry: Ferry, name: string, tag: string, content?: string): Promise<string> {
  const digest = ferry.images.push(imageOf(name), tag, content);
  await tellImage(ferry, name, { tag, digest });
  return digest;
}

/** Invokes until the queue is empty; every message is done with. */
export async function workOff(ferry: Ferry, invocation: Invocation = {}): Promise<void> {
  for (let answer = await ferry.invoke(invocation); answer !== null; answer = await ferry.invoke(invocation))
    assert.deepEqual(answer, { batchItemFailures: [] });
}

/** A new gitferry.yaml, and its event. */
export async function govern(ferry: Ferry, text: string): Promise<void> {
  await ferry.server.repository.commit({ 'gitferry.yaml': text }, 'main', 'New rules');
  await ferry.send(formatChange({ kind: 'config' }));
}

export interface Sweeping {
  /** Minutes from now. */
  readonly minutes?: number;
  /** Another registry than the ferry's. */
  readonly images?: Images;
  /** Whether what it asks for is done, too. */
  readonly work?: boolean;
}

/** One sweep, whose questions are answered. */
export async function sweepOnce(ferry: Ferry, sweeping: Sweeping = {}): Promise<void> {
  const { minutes = 0, images = ferry.images, work = true } = sweeping;
  const { server, bucket, notices } = ferry;
  await sweep(null, {
    deployment: 'test',
    repository: server.url,
    branch: 'main',
    remote: new SmartHttp({ url: server.url, memory: newMemory() }),
    bucket,
    images,
    bus: { put: async (told) => void notices.push(...told) },
    ask: async (changes) => {
      for (const change of changes) await ferry.send(formatChange(change));
    },
    now: () => new Date(Date.now() + minutes * 60_000),
    remaining: () => 60_000,
    log: () => {},
    telemetry: SILENT,
  });
  if (work) await workOff(ferry, { deps: { images } });
}

/** What stands at a path of the branch, as bytes are. */
export async function read({ server }: Ferry, path: string, commit = 'main'): Promise<string> {
  return (await server.repository.gitBytes(Buffer.of(), 'cat-file', 'blob', `${commit}:${path}`)).toString();
}

/** As `git revert` of one commit would, whose paths nobody touched since. */
export async function revert(repository: GitRepository, commit = 'main'): Promise<string> {
  const paths = (await repository.git('diff', '--name-only', '-z', `${commit}~1`, commit)).split('\0').slice(0, -1);
  const before = await repository.list(`${commit}~1`);
  const files = await Promise.all(
    paths.map(async (path) => {
      const [mode = '', oid = ''] = before.get(path)?.split(' ') ?? [];
      if (oid === '') return [path, null] as const;
      return [path, { mode, bytes: await repository.gitBytes(Buffer.of(), 'cat-file', 'blob', oid) }] as const;
    }),
  );
  return repository.commit(Object.fromEntries(files), 'main', 'Revert');
}

/** The lines that a commit takes out and puts in, `-` and `+` before them, of all its files. */
export async function changedLines({ server }: Ferry, commit = 'main'): Promise<string[]> {
  const diff = await server.repository.gitBytes(Buffer.of(), 'diff', '--no-color', '-U0', `${commit}~1`, commit);
  return diff
    .toString()
    .split('\n')
    .filter((line) => /^[+-](?!\+\+ |-- )/u.test(line));
}

/** What was told since `from`, as `Landed Release api 1.1.0`. */
export function toldSince({ notices }: Ferry, from: number): string[] {
  return notices.slice(from).map(({ type, detail }) => `${type} ${detail.reason ?? detail.summary ?? detail.unit}`);
}
