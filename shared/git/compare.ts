import type { Entry, Objects, Oid } from './object.ts';
import { FOLDER, readTree } from './tree.ts';

/** What stands at a path before and after; null for nothing. */
export interface Changed {
  readonly path: string;
  readonly before: Entry | null;
  readonly after: Entry | null;
}

/** The files that differ between two trees, in the order of their paths. Only folders that differ are fetched. */
export async function compareTrees(
  before: Oid | null,
  after: Oid | null,
  fetch: (oids: readonly Oid[]) => Promise<Objects>,
): Promise<Changed[]> {
  const changed: Changed[] = [];
  let level = [{ folder: '', before, after }];
  while (level.length > 0) {
    const trees = await fetch(level.flatMap((pair) => [pair.before, pair.after].filter((oid) => oid !== null)));
    const linesOf = (oid: Oid | null): ReadonlyMap<string, Entry> =>
      new Map(
        readTree(oid === null ? new Uint8Array() : (trees.get(oid)?.bytes ?? new Uint8Array())).map((line) => [
          line.name.toString(),
          line,
        ]),
      );
    level = level.flatMap(({ folder, before, after }) => {
      const [old, fresh] = [linesOf(before), linesOf(after)];
      return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((name) => {
        const [one, other] = [old.get(name) ?? null, fresh.get(name) ?? null];
        if (one?.oid === other?.oid && one?.mode === other?.mode) return [];
        const path = `${folder}${name}`;
        const [file, next] = [one, other].map((entry) => (entry?.mode === FOLDER ? null : entry)) as [
          Entry | null,
          Entry | null,
        ];
        if (file !== null || next !== null) changed.push({ path, before: file, after: next });
        const [tree, nextTree] = [one, other].map((entry) => (entry?.mode === FOLDER ? entry.oid : null)) as [
          Oid | null,
          Oid | null,
        ];
        return tree === null && nextTree === null ? [] : [{ folder: `${path}/`, before: tree, after: nextTree }];
      });
    });
  }
  return changed.sort((a, b) => (a.path < b.path ? -1 : 1));
}
