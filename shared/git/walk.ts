import { parseCommit } from './commit.ts';
import type { GitObject, Oid } from './object.ts';
import { bufferOf, spans } from './tree.ts';

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
    const bytes = bufferOf(tree.bytes);
    for (const { start, name, zero, end } of spans(bytes)) {
      const deeper = folders.get(bytes.toString('latin1', name, zero));
      const isFolder = Number.parseInt(bytes.toString('latin1', start, name), 8) === 0o40000;
      if (deeper !== undefined && isFolder) descend(bytes.toString('hex', zero + 1, end), deeper);
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
      const bytes = bufferOf(object.bytes);
      for (const { zero, end } of spans(bytes)) {
        const inner = bytes.toString('hex', zero + 1, end);
        if (objects.has(inner)) queue.push(inner);
      }
    }
  }
  return reached;
}
