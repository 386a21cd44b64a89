import assert from 'node:assert/strict';
import { type Delivery, mirror } from '../../functions/mirror/mirror.ts';
import type { Change, Request } from '../../shared/change/change.ts';
import { FerryError } from '../../shared/errors.ts';
import type { Remote } from '../../shared/git/remote.ts';
import { newId } from '../../shared/ledger/id.ts';
import { ledgerRef, statePath } from '../../shared/ledger/ledger.ts';
import { emptyState, type UnitState } from '../../shared/ledger/state.ts';
import type { Notice } from '../../shared/notice/bus.ts';
import { SILENT } from '../../shared/telemetry/telemetry.ts';
import { MemoryStore, memoryBucket } from './memory-bucket.ts';
import { MemoryImages, memoryImages } from './memory-images.ts';
import { type Gate, MemoryRepository, memoryRemote, type Weather } from './memory-remote.ts';
import { Person } from './people.ts';
import { Reader } from './reader.ts';
import { configText, FIRST_RULES, type Rules } from './rules.ts';
import { Task } from './scheduler.ts';
import { type Cast, digestOf, FILES_ALONE } from './uploads.ts';

export const MAIN = 'refs/heads/main';
export const LEDGER = ledgerRef('sim', 'main');

interface Message {
  readonly change: Change;
  received: number;
}

interface Invocation {
  readonly task: Task<ReadonlyMap<Change, FerryError>>;
  readonly messages: readonly Message[];
  readonly weather: Weather;
}

/** The bucket, the registry, the queue, the repository, people, and invocations of `mirror` at any point between their calls. */
export class World {
  readonly store = new MemoryStore();
  readonly images = new MemoryImages();
  readonly repository: MemoryRepository;
  readonly read: Reader;
  readonly person: Person;
  readonly landed: string[] = [];
  /** All that was told. */
  readonly notices: Notice[] = [];
  /** What was ever asked for: verdicts, rollbacks, lifted holds. */
  readonly asked: Request[] = [];
  /** When each commit was made: after this tick, and not after that. */
  readonly madeBy = new Map<string, { readonly from: number; readonly to: number }>();
  readonly cast: Cast;
  rules = FIRST_RULES;
  /** What each gitferry.yaml says, by its blob. */
  readonly rulesBy = new Map<string, Rules>();
  queue: Message[] = [];
  invocations: Invocation[] = [];

  constructor(atomic: boolean, rules = FIRST_RULES, cast = FILES_ALONE) {
    this.cast = cast;
    this.repository = new MemoryRepository(atomic);
    this.read = new Reader(this.repository);
    this.person = new Person(this.repository, this.read, MAIN);
    const oid = this.repository.put({ type: 'blob', bytes: Buffer.from('a repository\n') });
    this.repository.edit(MAIN, 'README.md', { mode: '100644', oid }, 'Begin');
    this.writeRules(rules);
  }

  get tip(): string {
    return this.repository.refs.get(MAIN) as string;
  }

  upload(key: string, bytes: Uint8Array, told: boolean): void {
    const { etag } = this.store.put(key, bytes);
    if (told) this.enqueue({ kind: 'object', bucket: 'releases', key, etag });
  }

  remove(key: string, told: boolean): void {
    if (this.store.remove(key) && told) this.enqueue({ kind: 'object', bucket: 'releases', key, gone: 'deleted' });
  }

  /** Lets a tag point to a content. */
  push(image: string, tag: string, content: number, told: boolean): void {
    const digest = digestOf(image, tag, content);
    this.images.point(image, tag, digest);
    if (told) this.enqueue({ kind: 'image', image, tag, digest });
  }

  untag(image: string, tag: string, told: boolean): void {
    this.images.remove(image, tag);
    if (told) this.enqueue({ kind: 'image', image, tag });
  }

  enqueue(change: Change): void {
    this.queue.push({ change, received: 0 });
  }

  writeRules(rules: Rules): void {
    this.rules = rules;
    this.person.edit('gitferry.yaml', configText(rules), 'Change the rules');
    this.rulesBy.set(this.repository.entry(this.tip, 'gitferry.yaml')?.oid ?? '', rules);
  }

  /** The rules by which a commit was made. */
  rulesOf(commit: string): Rules {
    return this.rulesBy.get(this.read.files(commit).get('gitferry.yaml')?.oid ?? '') ?? this.rules;
  }

  /** What the ledger says of a unit now. */
  stateOf(unit: string): UnitState {
    return this.stateAt(this.repository.refs.get(LEDGER) as string, unit);
  }

  /** What it said at one of its commits. */
  stateAt(commit: string, unit: string): UnitState {
    const entry = this.repository.entry(commit, statePath(unit));
    return entry === null ? emptyState(unit) : JSON.parse(this.read.text(entry.oid));
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
    return mirror(
      { deliveries, unreadable: [] },
      {
        deployment: 'sim',
        repository: 'http://127.0.0.1/',
        branch: 'main',
        remote: this.#dated(memoryRemote(this.repository, gate, weather)),
        bucket: memoryBucket(this.store, gate),
        images: memoryImages(this.images, gate),
        bus: {
          put: async (notices) => {
            await gate('bus');
            this.notices.push(...notices);
            for (const { type, detail } of notices) if (type === 'Landed') this.landed.push(`${detail.release}`);
          },
        },
        signer: async () => null,
        budget: { units: 4, bytes: 1 << 20 },
        now: () => new Date(this.store.clock),
        newId,
        remaining: () => 60_000,
        pause: async () => undefined,
        backoff: async () => undefined,
        log: () => undefined,
        telemetry: SILENT,
      },
    );
  }

  /** Remembers from when until when the commits of an invocation may have been made. */
  #dated(remote: Remote): Remote {
    const from = this.store.tick;
    return {
      ...remote,
      push: (moves, sent) => {
        for (const [oid, { type }] of sent) if (type === 'commit') this.madeBy.set(oid, { from, to: this.store.tick });
        return remote.push(moves, sent);
      },
    };
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
    for (const key of [...Object.keys(this.cast.uploads), ...Object.keys(this.cast.releases)])
      this.queue.push({ change: { kind: 'object', bucket: 'releases', key }, received: 1 });
    for (const image of Object.keys(this.cast.images))
      this.queue.push({ change: { kind: 'image', image }, received: 1 });
    await this.settle();
  }
}
