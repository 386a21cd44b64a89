/** A semantic version. */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** The identifiers of `-rc.1`; none for a release. What stands behind a `+` says nothing of precedence. */
  readonly prerelease: readonly string[];
}

const IDENTIFIERS = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const BEHIND = `(?:-(${IDENTIFIERS}))?(?:\\+${IDENTIFIERS})?`;
const NUMBER = '(0|[1-9]\\d*)';
const VERSION = new RegExp(`^v?${NUMBER}\\.${NUMBER}\\.${NUMBER}${BEHIND}$`, 'u');
/** The largest number that Helm and Flux read. */
const LARGEST = 2n ** 64n - 1n;

/** Reads `1.2.3-rc.1+build`, strictly but for a `v` before it, as Flux does; null for what is no version. */
export function parseVersion(text: string): Version | null {
  const [match, major = '', minor = '', patch = '', prerelease] = VERSION.exec(text) ?? [];
  return match === undefined ? null : versionOf([major, minor, patch], prerelease);
}

function versionOf(numbers: readonly [string, string, string], prerelease = ''): Version | null {
  const [major, minor, patch] = numbers.map(BigInt) as [bigint, bigint, bigint];
  const identifiers = prerelease === '' ? [] : prerelease.split('.');
  const sound = [major, minor, patch].every((number) => number <= LARGEST);
  if (!sound || identifiers.some((identifier) => /^0\d+$/u.test(identifier))) return null;
  return { major, minor, patch, prerelease: identifiers };
}

/** By precedence, the lower version first; zero for two that differ in build metadata alone. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compare(a.major, b.major) ||
    compare(a.minor, b.minor) ||
    compare(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

function compare<T extends bigint | string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return compare(b.length, a.length);
  for (const [index, one] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const numbers = [one, other].map((identifier) => /^\d+$/u.test(identifier)) as [boolean, boolean];
    const byKind = Number(numbers[1]) - Number(numbers[0]);
    const byValue = numbers[0] && numbers[1] ? compare(BigInt(one), BigInt(other)) : compare(one, other);
    if (byKind || byValue) return byKind || byValue;
  }
  return a.length - b.length;
}

/** One comparison of a range: `>=1.2`. */
interface Bound {
  readonly operator: string;
  /** What is left open is zero. */
  readonly at: Version;
  /** How many of its three numbers are written: `*` has none, `1.x` one. */
  readonly given: number;
}

/** Versions are within when all bounds of a group let them in; a group with no prerelease in it lets in none. */
export type Range = readonly (readonly Bound[])[];

const OPERATOR = '(=<|=>|<=|>=|~>|!=|[=<>~^]|)';
const PART = '(\\d+|[xX*])';
const BOUND = new RegExp(`${OPERATOR}\\s*v?${PART}(?:\\.${PART})?(?:\\.${PART})?${BEHIND}`, 'uy');
const HYPHEN = /\s+-\s+/uy;
const BETWEEN = /\s*,\s*|\s+/uy;

/**
 * Reads a range of versions as Helm and Flux do (Go's Masterminds/semver, from 3.4): `>=1.0.0, <2.0.0`, `^1.x-0`,
 * `1.2 - 1.4 || !=3`. npm's library reads commas, open ends and prereleases in another way. Null for what is none.
 */
export function parseRange(text: string): Range | null {
  const groups = text.split('||').map((group) => parseGroup(group.trim()));
  return groups.includes(null) ? null : (groups as Range);
}

function parseGroup(text: string): readonly Bound[] | null {
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    at += match?.[0].length ?? 0;
    return match;
  };
  const bounds: Bound[] = [];
  do {
    const bound = boundOf(next(BOUND));
    const upper = bound?.operator === '' && next(HYPHEN) ? boundOf(next(BOUND)) : undefined;
    if (bound === null || upper === null || (upper !== undefined && upper.operator !== '')) return null;
    if (upper === undefined) bounds.push(bound);
    else bounds.push({ ...bound, operator: '>=' }, { ...upper, operator: '<=' });
  } while (next(BETWEEN) !== null);
  return at === text.length ? bounds : null;
}

function boundOf(match: RegExpExecArray | null): Bound | null {
  if (match === null) return null;
  const [, operator = '', major, minor, patch, prerelease] = match;
  const numbers = [major, minor, patch];
  const open = numbers.findIndex((number) => number === undefined || /^[xX*]$/u.test(number));
  const given = open === -1 ? 3 : open;
  const [first = '0', second = '0', third = '0'] = numbers.slice(0, given);
  const at = versionOf([first as string, second as string, third as string], prerelease);
  return at === null ? null : { operator, at, given };
}

/** Whether a range lets a version in. */
export function isWithin(range: Range, version: Version): boolean {
  return range.some((bounds) => {
    const early = version.prerelease.length === 0 || bounds.some(({ at }) => at.prerelease.length > 0);
    return early && bounds.every((bound) => lets(bound, version));
  });
}

function lets({ operator, at, given }: Bound, version: Version): boolean {
  const order = compareVersions(version, at);
  /** By the first so many of the three numbers. */
  const by = (count: number): number =>
    compare(version.major, at.major) ||
    (count > 1 ? compare(version.minor, at.minor) : 0) ||
    (count > 2 ? compare(version.patch, at.patch) : 0);
  const tilde = (): boolean => order >= 0 && (isZero(at, given) || by(given === 1 ? 1 : 2) === 0);
  switch (operator) {
    case '>':
      return given === 1 || given === 2 ? by(given) > 0 : order > 0;
    case '<':
      return order < 0;
    case '>=':
    case '=>':
      return order >= 0;
    case '<=':
    case '=<':
      return given === 3 ? order <= 0 : by(given === 1 ? 1 : 2) <= 0;
    case '!=':
      if (given === 1 || (given === 2 && by(2) !== 0)) return by(given) !== 0;
      return given === 2 ? version.prerelease.join('.') !== at.prerelease.join('.') : order !== 0;
    case '^':
      return order >= 0 && by(at.major > 0n || given === 1 ? 1 : at.minor > 0n || given === 2 ? 2 : 3) === 0;
    case '~':
    case '~>':
      return tilde();
    default:
      return given === 3 ? order === 0 : tilde();
  }
}

/** `~0.0.0`, like `*`, lets in all that is not below it. */
function isZero({ major, minor, patch }: Version, given: number): boolean {
  return (given === 0 || given === 3) && major === 0n && minor === 0n && patch === 0n;
}
