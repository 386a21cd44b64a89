/**
 * A path within the repository without what changes nothing: `./apps/` is `apps`, the root is empty. Null for one that
 * leads out of it.
 */
export function normalPath(path: string): string | null {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') kept.push(segment);
    else if (kept.pop() === undefined) return null;
  }
  return kept.join('/');
}

/**
 * Whether one of the paths holds the other, or is it: a file of the folder that an agent's object follows, or a changed
 * folder that this one is part of.
 */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [normalPath(one), normalPath(other)];
  if (a === null || b === null) return false;
  return holds(a, b) || holds(b, a);
}

function holds(folder: string, path: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}
