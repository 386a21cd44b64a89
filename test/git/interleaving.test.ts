import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCommit } from '../../shared/git/commit.ts';
import { Draft } from '../../shared/git/draft.ts';
import { land } from '../../shared/git/land.ts';
import { type GitObject, type Oid, oidOf } from '../../shared/git/object.ts';
import type { Remote } from '../../shared/git/remote.ts';
import { ADA, MAIN } from './branch.ts';

/** One branch on a server in memory, where each call takes effect when the scheduler says so. */
class ScheduledRemote implements Remote {
  readonly objects = new Map<Oid, GitObject>();
  readonly refs = new Map<string, Oid>();
  readonly #scheduler: fc.Scheduler;

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
  }

  async #turn(label: string): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve(), label);
  }

  async tips(refs: readonly string[]) {
    await this.#turn('tips');
    return new Map([...this.refs].filter(([ref]) => refs.includes(ref)));
  }

  async open() {
    await this.#turn('open');
    return this.objects;
  }

  async fetch() {
    await this.#turn('fetch');
    return this.objects;
  }

  async *log() {}

  async push([move]: Parameters<Remote['push']>[0], objects: Parameters<Remote['push']>[1]) {
    await this.#turn('push');
    assert.ok(move !== undefined);
    const fits = (this.refs.get(move.ref) ?? null) === move.from;
    if (fits) {
      for (const [oid, object] of objects) this.objects.set(oid, object);
      this.refs.set(move.ref, move.to);
    }
    // The answer may arrive after others have gone on.
    await this.#turn('answer');
    return fits
      ? { moved: new Set([move.ref]), refused: new Map<string, string>() }
      : { moved: new Set<string>(), refused: new Map([[move.ref, 'stale']]) };
  }
}

/** Adds a line to the one file that all writers share. */
function adding(writer: number) {
  return async (draft: Draft): Promise<void> => {
    await draft.open(['list.txt']);
    const before = Buffer.from((await draft.read(['list.txt'])).get('list.txt') ?? []).toString();
    const blob: GitObject = { type: 'blob', bytes: Buffer.from(`${before}${writer}\n`) };
    const edits = new Map([['list.txt', { mode: '100644', oid: oidOf(blob) }]]);
    const objects = new Map([[oidOf(blob), blob]]);
    await draft.commit({ edits, objects, message: `Writer ${writer}\n`, identity: ADA, signer: null });
  };
}

test('any interleaving of 2 to 8 writers: one line of history, and no edit is lost', async () => {
  const property = fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 8 }), async (scheduler, writers) => {
    const remote = new ScheduledRemote(scheduler);
    const options = { create: true, wait: async () => {} };
    const landings = Array.from({ length: writers }, (_, i) => land(remote, MAIN, adding(i), options));
    await scheduler.waitFor(Promise.all(landings));

    const draft = new Draft(remote, remote.refs.get(MAIN) ?? null);
    const reading = (async () => {
      await draft.open(['list.txt']);
      return (await draft.read(['list.txt'])).get('list.txt');
    })();
    const list = Buffer.from((await scheduler.waitFor(reading)) ?? []).toString();
    assert.deepEqual(
      list.trim().split('\n').map(Number).sort(),
      Array.from({ length: writers }, (_, i) => i),
    );
    let length = 0;
    for (let oid = remote.refs.get(MAIN); oid !== undefined; length += 1) {
      const { parents } = parseCommit(remote.objects.get(oid) as GitObject);
      assert.ok(parents.length <= 1);
      oid = parents[0];
    }
    assert.equal(length, writers);
  });
  await fc.assert(property, { numRuns: 150 });
});
