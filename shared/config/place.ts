import { checkPath, checkUnprotected } from '../artifact/path.ts';
import { Rejected } from '../errors.ts';
import type { Mirror } from './config.ts';

export type Complaint = { readonly reason: string; readonly message: string } | null;

const placeholder = /\{(?:name|version)\}/gu;

/** What is wrong with where charts are to stand, if anything is: `charts/{name}`. */
export function checkTemplate(template: string): Complaint {
  const rest = template.replace(placeholder, '');
  if (/[{}]/u.test(rest))
    return {
      reason: 'PlaceholderUnknown',
      message: 'may hold the placeholders {name} and {version}, and no other braces.',
    };
  const example = template.replaceAll('{name}', 'name').replaceAll('{version}', '1.0.0');
  return checkPlace(example);
}

/** What is wrong with the folder that files go to, if anything is; `.` is the root. */
export function checkFolder(folder: string): Complaint {
  if (folder === '.') return null;
  if (/[{}]/u.test(folder))
    return { reason: 'PlaceholderUnknown', message: 'is a folder as it is: placeholders are for charts.' };
  return checkPlace(folder);
}

function checkPlace(path: string): Complaint {
  try {
    checkPath(path);
    checkUnprotected(path);
    return null;
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { reason: error.reason, message: `is no place for uploads: ${error.message}` };
  }
}

type Place = Mirror['place'];

/** As much of a place as says where it is. */
export type Spot =
  | Pick<Extract<Place, { kind: 'chart' }>, 'kind' | 'template'>
  | Pick<Extract<Place, { kind: 'files' }>, 'kind' | 'folder'>;

/**
 * Whether one of two places can hold the other, whatever the charts are called. Two chart templates that can only be
 * equal are no overlap yet: which charts there are is known when they land.
 */
export function overlap(one: Spot, other: Spot): boolean {
  const [short, long] = [segments(one), segments(other)].sort((a, b) => a.length - b.length) as [string[], string[]];
  if (one.kind === 'chart' && other.kind === 'chart' && short.length === long.length) return false;
  return short.every((segment, index) => canEqual(segment, long[index] ?? ''));
}

function segments(place: Spot): string[] {
  if (place.kind === 'chart') return place.template.split('/');
  return place.folder === '' ? [] : place.folder.split('/');
}

/** Whether two segments can come out the same. Judged by what stands before and after their placeholders, in any case. */
function canEqual(one: string, other: string): boolean {
  const [a, b] = [ends(one), ends(other)];
  if (a === null && b === null) return one.toLowerCase() === other.toLowerCase();
  const [before, after] = a ?? [one.toLowerCase(), one.toLowerCase()];
  const [otherBefore, otherAfter] = b ?? [other.toLowerCase(), other.toLowerCase()];
  const fits = (x: string, y: string, test: 'startsWith' | 'endsWith'): boolean => x[test](y) || y[test](x);
  return fits(before, otherBefore, 'startsWith') && fits(after, otherAfter, 'endsWith');
}

function ends(segment: string): [string, string] | null {
  const parts = segment.toLowerCase().split(placeholder);
  return parts.length === 1 ? null : [parts[0] ?? '', parts.at(-1) ?? ''];
}
