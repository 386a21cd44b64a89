import { parseCommit } from './commit.ts';
import type { GitObject, Objects, Oid } from './object.ts';
import { readTree } from './tree.ts';

/** An object that the server holds, for another to be written as a delta of it. */
export type Base = GitObject & { readonly oid: Oid };

/**
 * For the new trees of a push, the trees that stand at the same paths of the old commit: a wide folder in which one line
 * changes is then sent as that line.
 */
export function basesOf(
  from: Oid,
  objects: Objects,
  held: (oid: Oid) => GitObject | undefined,
): ReadonlyMap<Oid, Base> {
  const bases = new Map<Oid, Base>();
  const pair = (now: Oid, before: Oid): void => {
    const [tree, base] = [objects.get(now), held(before)];
    if (tree?.type !== 'tree' || base?.type !== 'tree' || now === before || bases.has(now)) return;
    bases.set(now, { ...base, oid: before });
    const folders = readTree(tree.bytes).filter(({ oid }) => objects.get(oid)?.type === 'tree');
    if (folders.length === 0) return;
    const old = new Map(readTree(base.bytes).map(({ name, oid }) => [name.toString('latin1'), oid]));
    for (const { name, oid } of folders) {
      const other = old.get(name.toString('latin1'));
      if (other !== undefined) pair(oid, other);
    }
  };
  const old = held(from);
  if (old?.type !== 'commit') return bases;
  const root = parseCommit(old).tree;
  for (const object of objects.values()) if (object.type === 'commit') pair(parseCommit(object).tree, root);
  return bases;
}
