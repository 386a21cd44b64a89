import assert from 'node:assert/strict';
import { type Delivery, mirror } from '../../functions/mirror/mirror.ts';
import type { Change } from '../../shared/change/change.ts';
import { FerryError } from '../../shared/errors.ts';
import type { GitObject } from '../../shared/git/object.ts';
import { oidOf } from '../../shared/git/object.ts';
import { newId } from '../../shared/ledger/id.ts';
import { ledgerRef, statePath } from '../../shared/ledger/ledger.ts';
import type { UnitState } from '../../shared/ledger/state.ts';
import { type Recorded, readRecords } from '../../shared/ledger/trailer.ts';
import { chart, tgz } from './archives.ts';
import { MemoryStore, memoryBucket } from './memory-bucket.ts';
import { MemoryImages } from './memory-images.ts';
import { type Gate, MemoryRepository, memoryRemote, type Weather } from './memory-remote.ts';
import { Task } from './scheduler.ts';

export const MAIN = 'refs/heads/main';
export const LEDGER = ledgerRef('sim', 'main');

/** Everything that may be uploaded: key → the contents it may have. */
export const UPLOADS: Readonly<Record<string, readonly Buffer[]>> = {
  'config/a.yaml': ['one: 1\n', 'two: 2\n', 'three: 3\n'].map((text) => Buffer.from(text)),
  'config/b.yaml': ['x: 1\n', 'x: 2\n'].map((text) => Buffer.from(text)),
  'config/broken.yaml': [Buffer.from('a: [\n'), Buffer.from('a: 1\n')],
  'config/set.tgz': await Promise.all([
    tgz({ 'p.yaml': 'p: 1\n', 'q.yaml': 'q: 1\n' }),
    tgz({ 'p.yaml': 'p: 2\n', 'q.yaml': 'q: 1\n' }),
    tgz({ 'p.yaml': 'p: 2\n', 'r.yaml': 'r: 1\n' }),
    tgz({ 'p.yaml/deep.yaml': 'd: 1\n', 'r.yaml': 'r: 1\n' }),
  ]),
  'charts/web-1.0.0.tgz': [await chart('web', '1.0.0')],
  'charts/web-1.1.0.tgz': [await chart('web', '1.1.0'), await chart('web', '1.1.0', 'again')],
  'charts/web-2.0.0.tgz': [await chart('web', '2.0.0'), Buffer.from('no archive')],
  'charts/db-0.1.0.tgz': [await chart('db', '0.1.0')],
  'charts/db-0.2.0-rc.1.tgz': [await chart('db', '0.2.0-rc.1')],
};

/** Whether an upload is one that is always rejected. */
export function isUnsound(bytes: Uint8Array | undefined): boolean {
  return ['a: [\n', 'no archive'].includes(Buffer.from(bytes ?? []).toString());
}

/** The rules that people switch between. */
export interface Rules {
  readonly charts: string;
  readonly files: string;
  readonly versions: string | null;
  readonly onDelete: 'keep' | 'remove';
  readonly onEdit: 'hold' | 'overwrite';
  readonly allowRepublish?: boolean;
  readonly broken: boolean;
}

export const FIRST_RULES: Rules = {
  charts: 'charts/{name}',
  files: 'apps',
  versions: null,
  onDelete: 'keep',
  onEdit: 'hold',
  broken: false,
};

function configText({ charts, files, versions, onDelete, onEdit, allowRepublish = false, broken }: Rules): string {
  return `apiVersion: gitferry.dev/v1
mirrors:
  - bucket: releases
    name: charts
    prefix: charts/
    chart: "${charts}"
    ${versions === null ? '' : `versions: "${versions}"`}
    allowRepublish: ${allowRepublish}
    onDelete: ${onDelete}
    onEdit: ${onEdit}
  - bucket: releases
    name: config
    prefix: config/
    files: ${files}
    onDelete: ${onDelete}
    onEdit: ${onEdit}
${broken ? '  - nonsense: [' : ''}
`;
}

interface Message {
  readonly change: Change;
  received: number;
}

interface Invocation {
  readonly task: Task<ReadonlyMap<Change, FerryError>>;
  readonly messages: readonly Message[];
  readonly weather: Weather;
}

/** The bucket, the queue, the repository, people, and invocations of `mirror` at any point between their calls. */
export class World {
  readonly store = new MemoryStore();
  readonly images = new MemoryImages();
  readonly repository: MemoryRepository;
  readonly landed: string[] = [];
  rules = FIRST_RULES;
  queue: Message[] = [];
  invocations: Invocation[] = [];

  constructor(atomic: boolean) {
    this.repository = new MemoryRepository(atomic);
    this.repository.edit(MAIN, 'README.md', this.#blob('a repository\n'), 'Begin');
    this.writeRules(FIRST_RULES);
  }

  #blob(text: string): { mode: string; oid: string } {
    const object: GitObject = { type: 'blob', bytes: Buffer.from(text) };
    this.repository.put(object);
    return { mode: '100644', oid: oidOf(object) };
  }

  get tip(): string {
    return this.repository.refs.get(MAIN) as string;
  }

  upload(key: string, bytes: Uint8Array, told: boolean): void {
    const { etag } = this.store.put(key, bytes);
    if (told) this.enqueue({ kind: 'object', bucket: 'releases', key, etag });
  }

  remove(key: string, told: boolean): void {
    if (this.store.objects.delete(key) && told)
      this.enqueue({ kind: 'object', bucket: 'releases', key, gone: 'deleted' });
  }

  enqueue(change: Change): void {
    this.queue.push({ change, received: 0 });
  }

  writeRules(rules: Rules): void {
    this.rules = rules;
    this.repository.edit(MAIN, 'gitferry.yaml', this.#blob(configText(rules)), 'Change the rules');
  }

  /** A person sets a path to a text, or away. */
  edit(path: string, text: string | null): void {
    const entry = text === null ? null : this.#blob(text);
    if (entry === null && this.repository.entry(this.tip, path) === null) return;
    this.repository.edit(MAIN, path, entry, 'A person was here');
  }

  /** A person sets back what the newest but `back` commit by gitferry did, as `git revert` would. */
  revert(back: number): void {
    const ours = [...this.repository.history(this.tip, null)].filter((oid) => this.isRelease(oid));
    const commit = ours[back % Math.max(ours.length, 1)];
    if (commit === undefined) return;
    const [parent = ''] = this.repository.commit(commit).parents;
    for (const path of this.pathsOf(commit)) {
      const before = this.repository.entry(parent, path);
      const now = this.repository.entry(this.tip, path);
      const then = this.repository.entry(commit, path);
      // git would stop at a conflict where the path moved on since.
      if (now?.oid === then?.oid && now?.oid !== before?.oid) this.repository.edit(MAIN, path, before, 'Revert');
    }
  }

  isRelease(oid: string): boolean {
    return this.repository.commit(oid).message.includes('\nGitferry-Release: ');
  }

  #recordOf(oid: string): Recorded {
    return readRecords(oid, this.repository.commit(oid), 'sim')[0] as Recorded;
  }

  /** The paths that a release says it changed. */
  pathsOf(oid: string): string[] {
    return Object.keys(this.#recordOf(oid).release.changed);
  }

  /** Whether all that a release put somewhere stood elsewhere just before. */
  isMove(oid: string): boolean {
    const [parent = ''] = this.repository.commit(oid).parents;
    const paths = this.pathsOf(oid);
    const before = new Set(paths.map((path) => this.repository.entry(parent, path)?.oid));
    return paths.every((path) => {
      const after = this.repository.entry(oid, path);
      return after === null || before.has(after.oid);
    });
  }

  contentOf(oid: string): string | null {
    return this.#recordOf(oid).release.content;
  }

  unitOf(oid: string): string {
    return this.#recordOf(oid).unit;
  }

  /** What the ledger says of a unit now. */
  stateOf(unit: string): UnitState {
    const entry = this.repository.entry(this.repository.refs.get(LEDGER) as string, statePath(unit));
    return JSON.parse(Buffer.from(this.repository.objects.get(entry?.oid ?? '')?.bytes ?? []).toString());
  }

  start(most: number): void {
    const messages = this.queue.splice(0, most);
    if (messages.length === 0) return;
    for (const message of messages) message.received += 1;
    const weather: Weather = { loseAnswer: false };
    const deliveries: Delivery[] = messages.map(({ change, received }) => ({ change, again: received > 1 }));
    const task = new Task((gate) => this.#mirror(deliveries, gate, weather));
    this.invocations.push({ task, messages, weather });
  }

  #mirror(deliveries: readonly Delivery[], gate: Gate, weather: Weather): Promise<ReadonlyMap<Change, FerryError>> {
    return mirror(deliveries, [], {
      deployment: 'sim',
      repository: 'http://127.0.0.1/',
      branch: 'main',
      remote: memoryRemote(this.repository, gate, weather),
      bucket: memoryBucket(this.store, gate),
      images: this.images,
      bus: {
        put: async (notices) => {
          await gate('bus');
          for (const { type, detail } of notices) if (type === 'Landed') this.landed.push(`${detail.release}`);
        },
      },
      signer: async () => null,
      budget: { units: 4, bytes: 1 << 20 },
      now: () => new Date(1_700_000_000_000),
      newId,
      remaining: () => 60_000,
      backoff: async () => undefined,
      log: () => undefined,
    });
  }

  pick(index: number): Invocation | undefined {
    return this.invocations[index % Math.max(this.invocations.length, 1)];
  }

  async step(index: number): Promise<void> {
    const invocation = this.pick(index);
    if (invocation === undefined) return;
    await invocation.task.step();
    if (invocation.task.finished) await this.#finish(invocation);
  }

  /** The invocation dies where it stands; its messages come back. */
  crash(index: number): void {
    const invocation = this.pick(index);
    if (invocation === undefined) return;
    this.invocations = this.invocations.filter((other) => other !== invocation);
    this.queue.push(...invocation.messages);
  }

  async #finish(invocation: Invocation): Promise<void> {
    this.invocations = this.invocations.filter((other) => other !== invocation);
    const failed = await invocation.task.result.catch((error: unknown) => {
      if (!(error instanceof FerryError)) throw error;
      return new Map(invocation.messages.map(({ change }) => [change, error]));
    });
    this.queue.push(...invocation.messages.filter(({ change }) => failed.has(change)));
  }

  /** Everything under way ends and everything queued is worked off, one invocation after another. */
  async settle(): Promise<void> {
    for (const invocation of [...this.invocations]) {
      await invocation.task.run().catch(() => undefined);
      await this.#finish(invocation);
    }
    for (let rounds = 0; this.queue.length > 0; rounds += 1) {
      assert.ok(rounds < 20, 'the queue does not empty');
      this.start(10);
      const [invocation] = this.invocations;
      if (invocation === undefined) return;
      await invocation.task.run().catch(() => undefined);
      await this.#finish(invocation);
    }
  }

  /** What the sweep does: every key that there is, or was, is looked at again, and told again while it has no verdict. */
  async sweep(): Promise<void> {
    for (const key of Object.keys(UPLOADS))
      this.queue.push({ change: { kind: 'object', bucket: 'releases', key }, received: 1 });
    await this.settle();
  }
}
