import { fileOf, isImage } from '../ledger/place.ts';
import type { Release } from '../ledger/state.ts';

/** Of more paths than this, the folders are told that hold them. */
const MOST = 100;

/** The files and folders that a release changed, sorted; of many the folders that hold them all. */
export function changedPaths(unit: string, { changed }: Pick<Release, 'changed'>): string[] {
  const places = Object.keys(changed);
  let paths = [...new Set(isImage(unit) ? places.map(fileOf) : places)];
  while (paths.length > MOST) {
    const depth = Math.max(...paths.map(depthOf));
    // The deepest go up by one folder, until few enough are left.
    paths = [...new Set(paths.map((path) => (depthOf(path) === depth ? path.replace(/\/?[^/]*$/u, '') : path)))];
  }
  return paths.sort();
}

function depthOf(path: string): number {
  return path.split('/').length;
}
