import { Retryable } from '../../shared/errors.ts';
import { type Commit, parseCommit, renderCommit } from '../../shared/git/commit.ts';
import { type Entry, type GitObject, type Objects, type Oid, oidOf } from '../../shared/git/object.ts';
import type { Move, PushReport, Remote } from '../../shared/git/remote.ts';
import { FOLDER, readTree, splice } from '../../shared/git/tree.ts';

/** Waits its turn; the simulation decides when, or never. */
export type Gate = (what: string) => Promise<void>;

/** A Git server in memory: the same promises as a real one, with or without `atomic`. */
export class MemoryRepository {
  readonly objects = new Map<Oid, GitObject>();
  readonly refs = new Map<string, Oid>();
  readonly atomic: boolean;

  constructor(atomic: boolean) {
    this.atomic = atomic;
  }

  put(object: GitObject): Oid {
    const oid = oidOf(object);
    this.objects.set(oid, object);
    return oid;
  }

  commit(oid: Oid): Commit {
    return parseCommit(this.objects.get(oid) as GitObject);
  }

  entry(tip: Oid, path: string): Entry | null {
    let entry: Entry | null = { mode: FOLDER, oid: this.commit(tip).tree };
    for (const segment of path.split('/')) {
      if (entry?.mode !== FOLDER) return null;
      const lines = readTree((this.objects.get(entry.oid) as GitObject).bytes);
      entry = lines.find(({ name }) => name.toString() === segment) ?? null;
    }
    return entry === null ? null : { mode: entry.mode, oid: entry.oid };
  }

  /** What a person does: one commit on the branch, at once. */
  edit(ref: string, path: string, entry: Entry | null, message: string): void {
    const tip = this.refs.get(ref);
    const root = tip === undefined ? null : this.commit(tip).tree;
    const tree = this.#edit(root, path.split('/'), entry) ?? this.put({ type: 'tree', bytes: new Uint8Array() });
    const person = { name: 'person', email: 'person@example.org', seconds: 1, zone: '+0000' };
    const parents = tip === undefined ? [] : [tip];
    this.refs.set(
      ref,
      this.put({ type: 'commit', bytes: renderCommit({ tree, parents, author: person, committer: person, message }) }),
    );
  }

  #edit(tree: Oid | null, [name = '', ...rest]: string[], entry: Entry | null): Oid | null {
    const bytes = tree === null ? new Uint8Array() : (this.objects.get(tree) as GitObject).bytes;
    const before = readTree(bytes).find((line) => line.name.toString() === name);
    const inner = rest.length === 0 ? null : this.#edit(before?.mode === FOLDER ? before.oid : null, rest, entry);
    const next = rest.length === 0 ? entry : inner === null ? null : { mode: FOLDER, oid: inner };
    const after = splice(bytes, new Map([[name, next]]));
    return after.length === 0 ? null : this.put({ type: 'tree', bytes: after });
  }

  *history(tip: Oid, until: Oid | null): Iterable<Oid> {
    for (let oid: Oid | undefined = tip; oid !== undefined && oid !== until; oid = this.commit(oid).parents[0])
      yield oid;
  }
}

/** What may happen to a push beside the ordinary: its answer is lost. */
export interface Weather {
  loseAnswer: boolean;
}

/** One client's way to the server; every call waits its turn first. */
export function memoryRemote(repository: MemoryRepository, gate: Gate, weather: Weather): Remote {
  const { objects, refs } = repository;
  const pick = (oids: Iterable<Oid>): Objects => new Map([...oids].map((oid) => [oid, objects.get(oid) as GitObject]));

  return {
    async tips(names) {
      await gate('tips');
      return new Map(names.flatMap((ref) => (refs.has(ref) ? [[ref, refs.get(ref) as Oid]] : [])));
    },
    async open(commit, paths) {
      await gate('open');
      const found = new Set([commit, repository.commit(commit).tree]);
      for (const path of paths) {
        const segments = path.split('/').slice(0, -1);
        for (const depth of segments.keys()) {
          const entry = repository.entry(commit, segments.slice(0, depth + 1).join('/'));
          if (entry?.mode === FOLDER) found.add(entry.oid);
        }
      }
      return pick(found);
    },
    async fetch(oids) {
      await gate('fetch');
      return pick(oids);
    },
    async *log(tip, until) {
      await gate('log');
      for (const oid of repository.history(tip, until)) yield { oid, commit: repository.commit(oid) };
    },
    async push(moves, sent): Promise<PushReport> {
      await gate('push');
      for (const object of sent.values()) repository.put(object);
      const stands = ({ ref, from }: Move): boolean => (refs.get(ref) ?? null) === from;
      const moved = new Set<string>();
      const refused = new Map<string, string>();
      const all = moves.every(stands);
      for (const move of moves) {
        if (refused.size === 0 && (repository.atomic ? all : stands(move))) {
          refs.set(move.ref, move.to);
          moved.add(move.ref);
          // Without atomic, another writer's push may come between the two refs.
          if (!repository.atomic) await gate('push');
        } else refused.set(move.ref, 'failed to update ref');
      }
      if (weather.loseAnswer) {
        weather.loseAnswer = false;
        throw new Retryable('ConnectionLost', 'The answer got lost.');
      }
      await gate('pushed');
      return { moved, refused };
    },
  };
}
