import type { Entry, GitObject, Objects, Oid } from './object.ts';
import { oidOf } from './object.ts';

/** The mode of a folder as trees spell it. */
export const FOLDER = '40000';

/** One line of a tree as it stands there: names are bytes, since git promises no encoding, and modes are kept as written. */
export interface Line extends Entry {
  readonly name: Buffer;
}

/** Parses a tree object; throws RangeError when its bytes are not a tree. */
export function readTree(bytes: Uint8Array): Line[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lines: Line[] = [];
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at);
    const nul = buffer.indexOf(0, space);
    if (space === -1 || nul === -1 || nul + 21 > buffer.length) throw new RangeError('not a tree object');
    lines.push({
      mode: buffer.toString('latin1', at, space),
      name: buffer.subarray(space + 1, nul),
      oid: buffer.toString('hex', nul + 1, nul + 21),
    });
    at = nul + 21;
  }
  return lines;
}

export function writeTree(lines: readonly Line[]): Uint8Array {
  return Buffer.concat(
    lines.flatMap(({ mode, name, oid }) => [Buffer.from(`${mode} `), name, Buffer.from([0]), Buffer.from(oid, 'hex')]),
  );
}

/** Git's order: by bytes, a folder as if its name ended in a slash. */
function order(a: Line, b: Line): number {
  const key = ({ name, mode }: Line): Buffer => (mode === FOLDER ? Buffer.concat([name, Buffer.from('/')]) : name);
  return Buffer.compare(key(a), key(b));
}

/** The tree with the lines of these names replaced, added, or (null) taken out. All other lines stay as they are. */
export function splice(lines: readonly Line[], changes: ReadonlyMap<string, Entry | null>): Line[] {
  const names = new Set([...changes.keys()].map((name) => Buffer.from(name).toString('latin1')));
  const kept = lines.filter(({ name }) => !names.has(name.toString('latin1')));
  const added = [...changes].flatMap(([name, entry]) =>
    entry === null ? [] : [{ ...entry, name: Buffer.from(name) }],
  );
  added.sort(order);
  // A merge, not a sort: a tree that a person's tool left out of order keeps its order.
  const merged: Line[] = [];
  let next = 0;
  for (const line of kept) {
    for (let add = added[next]; add !== undefined && order(add, line) < 0; add = added[next]) {
      merged.push(add);
      next += 1;
    }
    merged.push(line);
  }
  return [...merged, ...added.slice(next)];
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
    return { mode: FOLDER, oid: put({ type: 'tree', bytes: writeTree(splice([], new Map(entries))) }) };
  };
  return { entry: write(root), objects };
}
