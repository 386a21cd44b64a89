import { Stalled } from '../errors.ts';
import type { Entry, GitObject, Objects, Oid } from './object.ts';
import { oidOf } from './object.ts';

/** The mode of a folder as trees spell it. */
export const FOLDER = '40000';

/** One line of a tree as it stands there: names are bytes, since git promises no encoding, and modes are kept as written. */
export interface Line extends Entry {
  readonly name: Buffer;
}

/** Where a line stands in its tree's bytes, `<mode> <name>\0<oid>`: offsets of the line, its name, the zero byte, its end. */
interface Span {
  readonly start: number;
  readonly name: number;
  readonly zero: number;
  readonly end: number;
}

const OID = 20;

/** A view of the same bytes. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Goes through a tree without copying any of it: a folder may have 100,000 lines. Throws Stalled TreeBroken. */
export function* spans(tree: Buffer): Generator<Span> {
  for (let start = 0; start < tree.length; ) {
    const space = tree.indexOf(0x20, start);
    const zero = space === -1 ? -1 : tree.indexOf(0, space);
    const end = zero + 1 + OID;
    if (zero === -1 || end > tree.length) {
      throw new Stalled('TreeBroken', 'A folder of the repository can not be read: its tree object is damaged.', {
        hint: 'Run git fsck in the repository.',
      });
    }
    yield { start, name: space + 1, zero, end };
    start = end;
  }
}

/** Where the line of each name begins. Names are latin1 spellings: git promises no encoding, so bytes are what counts. */
export function indexOf(bytes: Uint8Array): ReadonlyMap<string, number> {
  const tree = bufferOf(bytes);
  const index = new Map<string, number>();
  for (const { start, name, zero } of spans(tree)) index.set(tree.toString('latin1', name, zero), start);
  return index;
}

/** The line that begins there. */
export function lineAt(bytes: Uint8Array, start: number): Line {
  const tree = bufferOf(bytes);
  const name = tree.indexOf(0x20, start) + 1;
  const zero = tree.indexOf(0, name);
  return {
    mode: tree.toString('latin1', start, name - 1),
    name: tree.subarray(name, zero),
    oid: tree.toString('hex', zero + 1, zero + 1 + OID),
  };
}

/** The lines of a tree. Throws Stalled TreeBroken. */
export function readTree(bytes: Uint8Array): Line[] {
  const tree = bufferOf(bytes);
  return Array.from(spans(tree), ({ start }) => lineAt(tree, start));
}

/** Git's order: by bytes, a folder as if its name ended in a slash. */
function sortKey(name: Buffer, mode: string): Buffer {
  return mode === FOLDER ? Buffer.concat([name, Buffer.from('/')]) : name;
}

/** The lines to add, as bytes, in git's order. */
function render(changes: ReadonlyMap<string, Entry | null>): { readonly key: Buffer; readonly line: Buffer }[] {
  const added = [...changes].flatMap(([name, entry]) => {
    if (entry === null) return [];
    const [mode, bytes] = [Buffer.from(`${entry.mode} `), Buffer.from(name)];
    const line = Buffer.concat([mode, bytes, Buffer.of(0), Buffer.from(entry.oid, 'hex')]);
    return [{ key: sortKey(bytes, entry.mode), line }];
  });
  return added.sort((a, b) => Buffer.compare(a.key, b.key));
}

/** The tree with the lines of these names replaced, added, or (null) taken out. All other lines stay as they are. */
export function splice(bytes: Uint8Array, changes: ReadonlyMap<string, Entry | null>): Buffer {
  const tree = bufferOf(bytes);
  const names = new Set([...changes.keys()].map((name) => Buffer.from(name).toString('latin1')));
  const added = render(changes);
  const parts: Buffer[] = [];
  let copied = 0;
  // A merge, not a sort: a tree that a person's tool left out of order keeps its order.
  for (const { start, name, zero, end } of spans(tree)) {
    if (names.has(tree.toString('latin1', name, zero))) {
      parts.push(tree.subarray(copied, start));
      copied = end;
    } else if (added[0] !== undefined) {
      const key = sortKey(tree.subarray(name, zero), tree.toString('latin1', start, name - 1));
      while (added[0] !== undefined && Buffer.compare(added[0].key, key) < 0) {
        parts.push(tree.subarray(copied, start), added[0].line);
        copied = start;
        added.shift();
      }
    }
  }
  return Buffer.concat([...parts, tree.subarray(copied), ...added.map(({ line }) => line)]);
}

/** Files as a tree: its entry, and the objects that make it up. Paths must have been checked. */
export function treeOf(
  files: Iterable<{ readonly path: string; readonly bytes: Uint8Array; readonly executable: boolean }>,
): { readonly entry: Entry; readonly objects: Objects } {
  const objects = new Map<Oid, GitObject>();
  const put = (object: GitObject): Oid => {
    const oid = oidOf(object);
    objects.set(oid, object);
    return oid;
  };
  interface Folder extends Map<string, Folder | Entry> {}
  const root: Folder = new Map();
  for (const { path, bytes, executable } of files) {
    const segments = path.split('/');
    const name = segments.pop() ?? '';
    let folder = root;
    for (const segment of segments) {
      let inner = folder.get(segment);
      if (!(inner instanceof Map)) {
        inner = new Map();
        folder.set(segment, inner);
      }
      folder = inner;
    }
    folder.set(name, { mode: executable ? '100755' : '100644', oid: put({ type: 'blob', bytes }) });
  }
  const write = (folder: Folder): Entry => {
    const entries = [...folder].map(([name, inner]) => [name, inner instanceof Map ? write(inner) : inner] as const);
    return { mode: FOLDER, oid: put({ type: 'tree', bytes: splice(new Uint8Array(), new Map(entries)) }) };
  };
  return { entry: write(root), objects };
}
