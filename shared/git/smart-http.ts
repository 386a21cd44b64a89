import { setImmediate as turn } from 'node:timers/promises';
import { Retryable } from '../errors.ts';
import { parseCommit } from './commit.ts';
import { type Named, newestFirst } from './history.ts';
import { Http, type HttpOptions } from './http.ts';
import { type Memory, memoryOf, note } from './memory.ts';
import type { GitObject, Objects, Oid } from './object.ts';
import { ReceivePack } from './receive-pack.ts';
import type { History, Move, PushReport, Remote } from './remote.ts';
import { UploadPack } from './upload-pack.ts';
import { walk } from './walk.ts';

/**
 * So many bytes of a pack of trees are read, even if those that were asked for come first: what else is opened later is
 * then often there already. Beyond it is cheaper to ask for the trees by id, a request for each level.
 */
const BUDGET = 2 ** 17;

export interface SmartHttpOptions extends HttpOptions {
  /** Instead of what this process remembers of the repository. */
  readonly memory?: Memory;
}

/** A batch of objects that are asked for together. */
interface Batch {
  readonly oids: Set<Oid>;
  blobs: boolean;
  readonly arrived: Promise<Objects>;
}

/** A repository behind any smart HTTP server (protocol v2 or v0, with or without filters), read and written without a clone. */
export class SmartHttp implements Remote, History {
  readonly #memory: Memory;
  readonly #upload: UploadPack;
  readonly #receive: ReceivePack;
  #batch: Batch | null = null;

  constructor(options: SmartHttpOptions) {
    const http = new Http(options);
    this.#memory = options.memory ?? memoryOf(http.url);
    this.#upload = new UploadPack(http, this.#memory);
    this.#receive = new ReceivePack(http, this.#memory);
  }

  tips(refs: readonly string[]): Promise<ReadonlyMap<string, Oid>> {
    return this.#upload.refs(refs);
  }

  async open(commit: Oid, paths: readonly string[], { byIds = false } = {}): Promise<Objects> {
    const arrived = new Map<Oid, GitObject>();
    const lookup = (oid: Oid): GitObject | undefined => arrived.get(oid) ?? this.#memory.objects.get(oid);
    let { found, missing } = walk(commit, paths, lookup);
    if (missing.has(commit)) {
      const { filter } = await this.#upload.capabilities();
      if (!(byIds && filter)) {
        await this.#stream(commit, paths, filter, arrived);
        ({ found, missing } = walk(commit, paths, lookup));
      }
    }
    while (missing.size > 0) {
      for (const [oid, object] of await this.#together(missing, false)) arrived.set(oid, object);
      ({ found, missing } = walk(commit, paths, lookup));
    }
    note(this.#memory, commit);
    return found;
  }

  /** The commit's trees as the server sends them: up to the budget, or, where files follow them, until all are there. */
  async #stream(commit: Oid, paths: readonly string[], filter: boolean, arrived: Map<Oid, GitObject>): Promise<void> {
    const lookup = (oid: Oid): GitObject | undefined => arrived.get(oid) ?? this.#memory.objects.get(oid);
    const known = [...this.#memory.known].filter((oid) => oid !== commit);
    let { missing } = walk(commit, paths, lookup);
    await this.#upload.fetch(
      { want: [commit], have: known, shallow: known, depth: 1, filter: 'blob:none', thin: known.length > 0 },
      {
        keep: (type) => type === 'commit' || type === 'tree',
        onObject: (oid, object) => {
          arrived.set(oid, object);
          this.#memory.objects.add(oid, object);
          if (missing.has(oid)) ({ missing } = walk(commit, paths, lookup));
        },
        enough: (received) => (filter ? received > BUDGET : missing.size === 0),
      },
    );
  }

  async fetch(oids: readonly Oid[], { pass = false } = {}): Promise<Objects> {
    const held = new Map<Oid, GitObject>();
    for (const oid of oids) {
      const object = this.#memory.objects.get(oid);
      if (object !== undefined) held.set(oid, object);
    }
    const missing = oids.filter((oid) => !held.has(oid));
    const arrived =
      missing.length === 0
        ? held
        : await (pass ? this.#byIds(new Set(missing), true, pass) : this.#together(missing, true));
    return new Map(oids.map((oid) => [oid, (held.get(oid) ?? arrived.get(oid)) as GitObject]));
  }

  /** Joins what is asked for in the same turn into one request. */
  #together(oids: Iterable<Oid>, blobs: boolean): Promise<Objects> {
    if (this.#batch === null) {
      const next: Batch = {
        oids: new Set(),
        blobs: false,
        arrived: turn().then(() => {
          this.#batch = null;
          return this.#byIds(next.oids, next.blobs);
        }),
      };
      this.#batch = next;
    }
    for (const oid of oids) this.#batch.oids.add(oid);
    this.#batch.blobs ||= blobs;
    return this.#batch.arrived;
  }

  async #byIds(oids: ReadonlySet<Oid>, blobs: boolean, pass = false): Promise<Objects> {
    const arrived = new Map<Oid, GitObject>();
    const left = new Set(oids);
    await this.#upload.fetch(
      { want: [...oids], depth: 1, filter: 'tree:0' },
      {
        keep: (type) => type !== 'blob' || blobs,
        onObject: (oid, object) => {
          if (!pass) this.#memory.objects.add(oid, object);
          if (left.delete(oid)) arrived.set(oid, object);
        },
        enough: () => left.size === 0,
      },
    );
    if (left.size === 0) return arrived;
    throw new Retryable('ObjectMissing', 'The Git server does not hold an object that it should.', {
      hint: 'The branch may have been rewritten meanwhile; it is read again.',
      facts: { oids: [...left].slice(0, 10) },
    });
  }

  async *log(tip: Oid, until: Oid | null): AsyncGenerator<Named> {
    const commits = this.#line(tip, until) ?? (await this.#history(tip, until));
    yield* newestFirst(tip, commits);
  }

  /** The commits between the two when they are all held and stand in one line, as those of gitferry's own do. */
  #line(tip: Oid, until: Oid | null): Objects | null {
    const line = new Map<Oid, GitObject>();
    for (let oid = tip; oid !== until; ) {
      const object = this.#memory.objects.get(oid);
      if (object?.type !== 'commit') return null;
      const { parents } = parseCommit(object);
      line.set(oid, object);
      if (parents.length === 0 && until === null) break;
      if (parents.length !== 1) return null;
      oid = parents[0] as Oid;
    }
    return line;
  }

  async #history(tip: Oid, until: Oid | null): Promise<Objects> {
    const commits = new Map<Oid, GitObject>();
    const expected = new Set([tip]);
    await this.#upload.fetch(
      { want: [tip], have: until === null ? [] : [until], filter: 'tree:0' },
      {
        keep: (type) => type === 'commit',
        onObject: (oid, object) => {
          commits.set(oid, object);
          expected.delete(oid);
          for (const parent of parseCommit(object).parents) {
            if (parent !== until && !commits.has(parent)) expected.add(parent);
          }
        },
        enough: () => expected.size === 0,
      },
    );
    return commits;
  }

  async commits(want: readonly Oid[], have: readonly Oid[], depth: number): Promise<Objects> {
    const { filter } = await this.#upload.capabilities();
    const commits = new Map<Oid, GitObject>();
    await this.#upload.fetch(
      { want, have, depth, filter: 'tree:0' },
      {
        keep: (type) => type === 'commit',
        onObject: (oid, object) => commits.set(oid, object),
        // Trees and files come behind the commits where the server can't leave them out.
        enough: () => !filter && commits.size >= depth * want.length,
      },
    );
    return commits;
  }

  async push(moves: readonly Move[], objects: Objects): Promise<PushReport> {
    if (moves.length === 1 || (await this.#receive.capabilities()).atomic) return this.#push(moves, objects);
    const moved = new Set<string>();
    for (const move of moves) {
      const report = await this.#push([move], objects);
      if (report.refused.size > 0) return { moved, refused: report.refused };
      moved.add(move.ref);
    }
    return { moved, refused: new Map() };
  }

  /** One push; when its answer is lost, the refs tell what became of it. */
  async #push(moves: readonly Move[], objects: Objects): Promise<PushReport> {
    try {
      return await this.#receive.push(moves, objects);
    } catch (error) {
      if (!(error instanceof Retryable)) throw error;
      const tips = await this.tips(moves.map(({ ref }) => ref)).catch(() => new Map<string, Oid>());
      const moved = new Set(moves.filter(({ ref, to }) => tips.get(ref) === to).map(({ ref }) => ref));
      if (moved.size === 0) throw error;
      const lost = moves.filter(({ ref }) => !moved.has(ref)).map(({ ref }): [string, string] => [ref, error.message]);
      return { moved, refused: new Map(lost) };
    }
  }
}
