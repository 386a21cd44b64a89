import { type Commit, parseCommit } from './commit.ts';
import type { Objects, Oid } from './object.ts';

/** A commit and its name. */
export interface Named {
  readonly oid: Oid;
  readonly commit: Commit;
}

/**
 * The commits reachable from `tip` among these objects, newest first, and each before its parents. What is not among the
 * objects ends a line of history.
 */
export function newestFirst(tip: Oid, objects: Objects): Named[] {
  const commits = new Map<Oid, Commit>();
  const children = new Map<Oid, number>();
  const pending = [tip];
  for (let oid = pending.pop(); oid !== undefined; oid = pending.pop()) {
    const object = objects.get(oid);
    if (object?.type !== 'commit' || commits.has(oid)) continue;
    const commit = parseCommit(object);
    commits.set(oid, commit);
    for (const parent of commit.parents) {
      children.set(parent, (children.get(parent) ?? 0) + 1);
      pending.push(parent);
    }
  }
  const ordered: Named[] = [];
  const ready: Oid[] = commits.has(tip) ? [tip] : [];
  for (let oid = ready.pop(); oid !== undefined; oid = ready.pop()) {
    const commit = commits.get(oid) as Commit;
    ordered.push({ oid, commit });
    for (const parent of commit.parents) {
      const left = (children.get(parent) ?? 0) - 1;
      children.set(parent, left);
      if (left === 0 && commits.has(parent)) ready.push(parent);
    }
    ready.sort((a, b) => (commits.get(a) as Commit).committer.seconds - (commits.get(b) as Commit).committer.seconds);
  }
  return ordered;
}
