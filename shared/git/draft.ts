import type { Signer } from '../trust/signing.ts';
import type { Identity } from './commit.ts';
import { parseCommit, renderCommit, withSignature } from './commit.ts';
import type { Entry, GitObject, Objects, Oid } from './object.ts';
import { oidOf } from './object.ts';
import type { Remote } from './remote.ts';
import { FOLDER, indexOf, lineAt, readTree, splice } from './tree.ts';

/** What one commit changes. `edits`: path → what is to stand there, or null for nothing. `objects`: what the entries need. */
export interface Change {
  readonly edits: ReadonlyMap<string, Entry | null>;
  readonly objects: Objects;
  readonly message: string;
  readonly identity: Identity;
  readonly signer: Signer | null;
}

/**
 * A branch as it stood at one tip, and the commits drafted on top of it. Nothing reaches the server before
 * the caller pushes `tip` and `added`.
 */
export class Draft {
  readonly base: Oid | null;
  #tip: Oid | null;
  #root: Oid | null = null;
  readonly #remote: Remote;
  readonly #how: { readonly byIds?: boolean };
  readonly #objects = new Map<Oid, GitObject>();
  readonly #added = new Map<Oid, GitObject>();
  readonly #indexes = new Map<Oid, ReadonlyMap<string, number>>();

  /** `byIds`: of a branch whose trees are wide, only the folders that are needed are asked for. */
  constructor(remote: Remote, base: Oid | null, how: { readonly byIds?: boolean } = {}) {
    this.#remote = remote;
    this.#how = how;
    this.base = base;
    this.#tip = base;
  }

  /** The newest drafted commit, else the tip that the draft began on; null for a branch that is not there yet. */
  get tip(): Oid | null {
    return this.#tip;
  }

  /** The objects that the drafted commits need and the server may lack. */
  get added(): Objects {
    return this.#added;
  }

  /** Reads the folders that lead to these paths, so that `entry`, `blocker` and `commit` may speak of them. */
  async open(paths: readonly string[]): Promise<void> {
    if (this.base === null) return;
    const missing = paths.filter((path) => !this.#knows(path));
    if (missing.length === 0 && this.#root !== null) return;
    for (const [oid, object] of await this.#remote.open(this.base, missing, this.#how)) this.#objects.set(oid, object);
    const commit = this.#objects.get(this.base);
    if (this.#root === null && commit !== undefined) this.#root = parseCommit(commit).tree;
  }

  /** What stands at a path, null where nothing does. The path must have been opened. */
  entry(path: string): Entry | null {
    return this.#walk(path).entry;
  }

  /** The nearest thing on the way to a path that is not a folder (a file, a symlink, a submodule), if there is one. */
  blocker(path: string): string | null {
    return this.#walk(path).blocker;
  }

  /** The lines of an opened folder, by name (names that are not UTF-8 are left out). */
  list(path: string): ReadonlyMap<string, Entry> {
    const oid = path === '' ? this.#root : this.entry(path)?.oid;
    if (oid === undefined || oid === null) return new Map();
    return new Map(readTree(this.object(oid).bytes).map((line) => [line.name.toString(), line]));
  }

  /** The contents of files at these opened paths; a path where no file stands is left out. */
  async read(paths: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const entries = paths.flatMap((path) => {
      const entry = this.entry(path);
      return entry?.mode.startsWith('100') ? [[path, entry.oid] as const] : [];
    });
    const blobs = await this.fetch(entries.map(([, oid]) => oid));
    return new Map(entries.map(([path, oid]) => [path, blobs.get(oid)?.bytes ?? new Uint8Array()]));
  }

  /** All files (and symlinks and submodules) below these folders, at any depth, by path; the empty path is the root. */
  async files(folders: readonly string[]): Promise<ReadonlyMap<string, Entry>> {
    await this.open(folders.map((folder) => `${folder}/-`));
    const files = new Map<string, Entry>();
    let level = folders.flatMap((folder): (readonly [string, Oid])[] => {
      const oid = folder === '' ? this.#root : this.#folderAt(folder);
      return oid === null ? [] : [[folder, oid]];
    });
    while (level.length > 0) {
      const trees = await this.fetch(level.map(([, oid]) => oid));
      level = level.flatMap(([folder, oid]) => {
        const inner: (readonly [string, Oid])[] = [];
        for (const { name, mode, oid: id } of readTree(trees.get(oid)?.bytes ?? new Uint8Array())) {
          const text = name.toString();
          // What is not UTF-8 can't be asked for by a path.
          if (text.includes('\ufffd')) continue;
          const path = folder === '' ? text : `${folder}/${text}`;
          if (mode === FOLDER) inner.push([path, id]);
          else files.set(path, { mode, oid: id });
        }
        return inner;
      });
    }
    return files;
  }

  /** These objects, drafted or from the server. `pass`: they are looked at once, and not kept. */
  async fetch(oids: readonly Oid[], how: { readonly pass?: boolean } = {}): Promise<Objects> {
    const missing = [...new Set(oids)].filter((oid) => !this.#objects.has(oid));
    const arrived = missing.length === 0 ? new Map() : await this.#remote.fetch(missing, how);
    if (!how.pass) for (const [oid, object] of arrived) this.#objects.set(oid, object);
    return new Map(oids.map((oid) => [oid, this.#objects.get(oid) ?? (arrived.get(oid) as GitObject)]));
  }

  /** Drafts one commit on the tip; returns its id. All edited paths must have been opened, and none may be blocked. */
  async commit({ edits, objects, message, identity, signer }: Change): Promise<Oid> {
    for (const [oid, object] of objects) this.#add(oid, object);
    const tree = this.#apply(this.#root, edits) ?? this.#put({ type: 'tree', bytes: new Uint8Array() });
    const parents = this.#tip === null ? [] : [this.#tip];
    const payload = renderCommit({ tree, parents, author: identity, committer: identity, message });
    const bytes = signer === null ? payload : withSignature(payload, await signer.sign(payload));
    this.#root = tree;
    this.#tip = this.#put({ type: 'commit', bytes });
    return this.#tip;
  }

  #apply(root: Oid | null, edits: ReadonlyMap<string, Entry | null>): Oid | null {
    const here = new Map<string, Entry | null>();
    const below = new Map<string, Map<string, Entry | null>>();
    for (const [path, entry] of edits) {
      const slash = path.indexOf('/');
      if (slash === -1) here.set(path, entry);
      else {
        const folder = path.slice(0, slash);
        below.set(folder, (below.get(folder) ?? new Map()).set(path.slice(slash + 1), entry));
      }
    }
    for (const [folder, inner] of below) {
      const before = here.get(folder) ?? (root === null ? undefined : this.#line(root, folder));
      const oid = this.#apply(before?.mode === FOLDER ? before.oid : null, inner);
      // A file may take the place of a folder whose files all go.
      if (oid !== null || !here.get(folder)) here.set(folder, oid === null ? null : { mode: FOLDER, oid });
    }
    const after = splice(root === null ? new Uint8Array() : this.object(root).bytes, here);
    return after.length === 0
      ? null
      : this.#put({ type: 'tree', bytes: after, ...(root === null ? {} : { like: root }) });
  }

  #folderAt(path: string): Oid | null {
    const entry = this.entry(path);
    return entry?.mode === FOLDER ? entry.oid : null;
  }

  #walk(path: string): { readonly entry: Entry | null; readonly blocker: string | null } {
    const segments = path.split('/');
    let entry: Entry | null = this.#root === null ? null : { mode: FOLDER, oid: this.#root };
    for (const [depth, segment] of segments.entries()) {
      if (entry === null) return { entry: null, blocker: null };
      if (entry.mode !== FOLDER) return { entry: null, blocker: segments.slice(0, depth).join('/') };
      entry = this.#line(entry.oid, segment) ?? null;
    }
    return { entry, blocker: null };
  }

  #knows(path: string): boolean {
    if (this.#root === null) return false;
    let oid = this.#root;
    for (const segment of path.split('/')) {
      if (!this.#objects.has(oid)) return false;
      const line = this.#line(oid, segment);
      if (line === undefined || line.mode !== FOLDER) return true;
      oid = line.oid;
    }
    return true;
  }

  #line(tree: Oid, name: string): Entry | undefined {
    let index = this.#indexes.get(tree);
    if (index === undefined) {
      index = indexOf(this.object(tree).bytes);
      this.#indexes.set(tree, index);
    }
    const at = index.get(Buffer.from(name).toString('latin1'));
    return at === undefined ? undefined : lineAt(this.object(tree).bytes, at);
  }

  /** An object that was opened or drafted. */
  object(oid: Oid): GitObject {
    const object = this.#objects.get(oid);
    if (object === undefined) throw new Error(`object ${oid} was used before it was opened`);
    return object;
  }

  #put(object: GitObject): Oid {
    const oid = oidOf(object);
    this.#add(oid, object);
    return oid;
  }

  #add(oid: Oid, object: GitObject): void {
    if (!this.#objects.has(oid)) this.#added.set(oid, object);
    this.#objects.set(oid, object);
  }
}
