import { parseCommit } from './commit.ts';
import type { GitObject, Oid } from './object.ts';

/** Folders as a tree of names (latin1 spellings of their UTF-8 bytes, as trees are read). */
interface Folders extends Map<string, Folders> {}

/** The folders that lead to these paths: of `a/b/c`, `a` and in it `b`. */
function foldersOf(paths: readonly string[]): Folders {
  const root: Folders = new Map();
  for (const path of paths) {
    let folder = root;
    for (const name of path.split('/').slice(0, -1)) {
      const key = Buffer.from(name).toString('latin1');
      const inner: Folders = folder.get(key) ?? new Map();
      folder.set(key, inner);
      folder = inner;
    }
  }
  return root;
}

/** Goes through a tree without building its lines, which a folder of 100,000 entries would have many of. */
function* entries(tree: Uint8Array): Generator<{ readonly folder: boolean; readonly name: string; readonly oid: Oid }> {
  const bytes = Buffer.from(tree.buffer, tree.byteOffset, tree.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const nul = bytes.indexOf(0, space);
    if (space === -1 || nul === -1 || nul + 21 > bytes.length) return;
    const folder = Number.parseInt(bytes.toString('latin1', at, space), 8) === 0o40000;
    yield { folder, name: bytes.toString('latin1', space + 1, nul), oid: bytes.toString('hex', nul + 1, nul + 21) };
    at = nul + 21;
  }
}

/** Which objects lead from a commit to paths: those at hand, and the ids of those to be fetched next. */
export interface Walk {
  readonly found: Map<Oid, GitObject>;
  readonly missing: Set<Oid>;
}

/** Walks from the commit along the paths as far as `lookup` knows the objects. */
export function walk(commit: Oid, paths: readonly string[], lookup: (oid: Oid) => GitObject | undefined): Walk {
  const found = new Map<Oid, GitObject>();
  const missing = new Set<Oid>();
  const take = (oid: Oid, type: GitObject['type']): GitObject | null => {
    const object = lookup(oid);
    if (object === undefined) missing.add(oid);
    else found.set(oid, object);
    return object?.type === type ? object : null;
  };
  const descend = (oid: Oid, folders: Folders): void => {
    const tree = take(oid, 'tree');
    if (tree === null || folders.size === 0) return;
    for (const { folder, name, oid: inner } of entries(tree.bytes)) {
      const deeper = folder ? folders.get(name) : undefined;
      if (deeper !== undefined) descend(inner, deeper);
    }
  };
  const object = take(commit, 'commit');
  if (object !== null) descend(parseCommit(object).tree, foldersOf(paths));
  return { found, missing };
}

/** The objects of `objects` that a commit or tree leads to, itself included, in an order in which packs like them. */
export function reachable(from: Oid, objects: ReadonlyMap<Oid, GitObject>): Map<Oid, GitObject> {
  const reached = new Map<Oid, GitObject>();
  const queue = [from];
  for (let oid = queue.shift(); oid !== undefined; oid = queue.shift()) {
    const object = objects.get(oid);
    if (object === undefined || reached.has(oid)) continue;
    reached.set(oid, object);
    if (object.type === 'commit') {
      const { tree, parents } = parseCommit(object);
      queue.push(...parents, tree);
    } else if (object.type === 'tree') {
      for (const entry of entries(object.bytes)) if (objects.has(entry.oid)) queue.push(entry.oid);
    }
  }
  return reached;
}
