import { checkPath, checkUnprotected } from '../artifact/path.ts';
import { Rejected } from '../errors.ts';
import type { Complaint } from './place.ts';

/** Which files of the repository some globs mean. */
export interface Globs {
  matches(path: string): boolean;
  /** The folders below which all that can match stands, none inside another; the empty one is the root. */
  readonly bases: readonly string[];
}

const LONGEST = 1000;
const ALTERNATIVES = 100;
const WILDCARD = /[*?]/u;

/** A glob without braces, by its segments. */
type Plain = readonly string[];

/**
 * Compiles globs: `*` and `?` stand for any within a name, also a dot at its beginning; `**` for any folders, and at the
 * end for all that is below; `{a,b}` for either. Each path costs at most its length times that of the globs: what makes
 * regular expressions of globs takes minutes for `*a*a*a*a*a*a*b`.
 * @throws TypeError for a glob that the configuration would have refused.
 */
export function compileGlobs(globs: readonly string[]): Globs {
  const compiled = globs.flatMap((glob) => {
    const plain = parseGlob(glob);
    if ('message' in plain) throw new TypeError(`${glob} ${plain.message}`);
    return plain.map((segments) => ({ segments, base: fixedPart(segments.slice(0, -1)) }));
  });
  const bases = [...new Set(compiled.map(({ base }) => base))].sort();
  return {
    matches: (path) => {
      const names = path.split('/');
      return compiled.some(({ segments, base }) => isBelow(base, path) && matchSegments(segments, names));
    },
    bases: bases.filter((base) => !bases.some((other) => other !== base && isBelow(other, base))),
  };
}

/** What is wrong with a glob, if anything is. */
export function checkGlob(glob: string): Complaint {
  const parsed = parseGlob(glob);
  return 'message' in parsed ? parsed : null;
}

function parseGlob(glob: string): readonly Plain[] | NonNullable<Complaint> {
  const invalid = (message: string) => ({ reason: 'ValueInvalid', message });
  if (glob.length > LONGEST) return invalid(`must be at most ${LONGEST} characters long.`);
  if (/[[\]()!]/u.test(glob)) return invalid('may hold the wildcards *, ?, ** and {a,b}, and none of [ ] ( ) and !.');
  if (glob.endsWith('/')) return invalid('names a folder: put ** behind it for all the files below.');
  const alternatives = expand(glob);
  if (alternatives === null) return invalid('has braces that are no {a,b}.');
  if (alternatives.length > ALTERNATIVES)
    return invalid(`stands for more than ${ALTERNATIVES} globs: list fewer in braces.`);
  const unsafe = alternatives.map(complaintOf).find((complaint) => complaint !== null);
  if (unsafe) return unsafe;
  const plain = alternatives.map((alternative) => alternative.split('/'));
  if (plain.flat().some((segment) => segment !== '**' && segment.includes('**')))
    return invalid('has a ** that is not between slashes: use * within a name.');
  return plain.map((segments) => (segments.at(-1) === '**' ? [...segments, '*'] : segments));
}

function complaintOf(alternative: string): Complaint {
  try {
    checkPath(alternative);
    checkUnprotected(fixedPart(alternative.split('/')));
    return null;
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { reason: error.reason, message: `means no files that may be edited: ${error.message}` };
  }
}

/** All that a glob with braces stands for, up to one more than there may be; null where they don't match. */
function expand(glob: string): readonly string[] | null {
  const close = glob.indexOf('}');
  const open = glob.lastIndexOf('{', close === -1 ? undefined : close);
  if (close === -1 && open === -1) return [glob];
  const choices = glob.slice(open + 1, close).split(',');
  if (open === -1 || close === -1 || choices.length < 2) return null;
  const expanded: string[] = [];
  for (const choice of choices) {
    const some = expand(`${glob.slice(0, open)}${choice}${glob.slice(close + 1)}`);
    if (some === null) return null;
    expanded.push(...some);
    if (expanded.length > ALTERNATIVES) break;
  }
  return expanded;
}

/** What stands before the first segment with a wildcard. */
function fixedPart(segments: Plain): string {
  const first = segments.findIndex((segment) => WILDCARD.test(segment));
  return segments.slice(0, first === -1 ? undefined : first).join('/');
}

function isBelow(folder: string, path: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`);
}

function matchSegments(glob: Plain, names: readonly string[]): boolean {
  return match(glob, names, '**', (segment, name) =>
    WILDCARD.test(segment)
      ? match([...segment], [...name], '*', (c, other) => c === '?' || c === other)
      : segment === name,
  );
}

/**
 * Whether items are what a pattern says, in which `star` stands for any number of them. Going back to the last star is
 * enough: whatever an earlier one could take, it can take too.
 */
function match(
  pattern: readonly string[],
  items: readonly string[],
  star: string,
  fits: (part: string, item: string) => boolean,
): boolean {
  let [part, item, afterStar, resume] = [0, 0, -1, 0];
  while (item < items.length) {
    if (pattern[part] === star) {
      part += 1;
      [afterStar, resume] = [part, item];
    } else if (part < pattern.length && fits(pattern[part] as string, items[item] as string)) {
      part += 1;
      item += 1;
    } else if (afterStar !== -1) {
      resume += 1;
      [part, item] = [afterStar, resume];
    } else return false;
  }
  while (pattern[part] === star) part += 1;
  return part === pattern.length;
}
