import { compareVersions, isWithin, parseRange, parseVersion } from '../version.ts';
import { compareDecimals, parseDecimal } from './decimal.ts';
import { compileFilter, type Extract } from './filter.ts';
import { isTag } from './image.ts';
import type { Policy } from './policy.ts';

/** A policy made ready: how a tag's text is read (null: not admitted), and which of two readings is better. */
interface Judge<Reading> {
  readonly read: (text: string) => Reading | null;
  /** Negative when the first is better. */
  readonly compare: (a: Reading, b: Reading) => number;
  /** Between texts that are equally good, as `compare`. */
  readonly break: (a: string, b: string) => number;
}

/** What a tag is judged by. */
interface Entry {
  readonly tag: string;
  readonly text: string;
  readonly reading: unknown;
}

interface Compiled {
  readonly entryOf: (tag: string) => Entry | null;
  readonly judge: Judge<unknown>;
}

/** Whether a policy lets a tag in. */
export function admits(policy: Policy, tag: string): boolean {
  return compiled(policy).entryOf(tag) !== null;
}

/**
 * The tags that a policy admits, each once, best first. Among equals the first is the one that Flux takes from a list in
 * byte order, as registries give it: of two spellings of a version that without the `v`; of two of a number, and of
 * tags of which the same is extracted, the last.
 */
export function rankTags(policy: Policy, tags: readonly string[]): readonly string[] {
  const { entryOf, judge } = compiled(policy);
  const entries = [...new Set(tags)].flatMap((tag) => entryOf(tag) ?? []);
  const order = (a: Entry, b: Entry): number =>
    judge.compare(a.reading, b.reading) || judge.break(a.text, b.text) || lastFirst(a.tag, b.tag);
  return entries.sort(order).map(({ tag }) => tag);
}

/** Negative when `a` is better, zero when they are equally good. What is admitted is better than what is not. */
export function compareTags(policy: Policy, a: string, b: string): number {
  const { entryOf, judge } = compiled(policy);
  const [one, other] = [entryOf(a), entryOf(b)];
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  return judge.compare(one.reading, other.reading);
}

/**
 * Signatures, attestations and lists of referrers, which hang on an image by its digest and are none. Flux leaves out
 * what ends in `.sig`; the rest would be the last of all letters there.
 */
const APPENDAGE = /\.sig$|^sha256-[0-9a-f]{64}(?:\.|$)/u;

const known = new WeakMap<Policy, Compiled>();

/** @throws TypeError for a range or a pattern that the configuration would have refused. */
function compiled(policy: Policy): Compiled {
  const before = known.get(policy);
  if (before !== undefined) return before;
  const extract = extractOf(policy);
  const judge = judgeOf(policy) as Judge<unknown>;
  const entryOf = (tag: string): Entry | null => {
    const text = isTag(tag) ? extract(tag) : null;
    const reading = text === null ? null : judge.read(text);
    return text === null || reading === null ? null : { tag, text, reading };
  };
  const made = { entryOf, judge };
  known.set(policy, made);
  return made;
}

function extractOf(policy: Policy): Extract {
  if (policy.kind === 'digest') return (tag) => tag;
  if (policy.filter === null) return (tag) => (APPENDAGE.test(tag) ? null : tag);
  const extract = compileFilter(policy.filter);
  if (typeof extract !== 'function') throw new TypeError(`filterTags.${extract.key} ${extract.message}`);
  return (tag) => (APPENDAGE.test(tag) ? null : extract(tag));
}

function judgeOf(policy: Policy) {
  switch (policy.kind) {
    case 'semver':
      return bySemver(policy.range);
    case 'numerical':
      return inOrder(policy.order, { read: parseDecimal, compare: compareDecimals });
    case 'alphabetical':
      return inOrder(policy.order, { read: (text: string) => text, compare: firstFirst });
    case 'digest':
      return { read: (text: string) => (text === policy.tag ? text : null), compare: () => 0, break: firstFirst };
  }
}

function bySemver(text: string) {
  const range = parseRange(text);
  if (range === null) throw new TypeError(`${text} is no range of versions`);
  return {
    read: (tag: string) => {
      const version = parseVersion(tag);
      return version !== null && isWithin(range, version) ? version : null;
    },
    compare: (a: Parameters<typeof compareVersions>[0], b: typeof a) => compareVersions(b, a),
    break: firstFirst,
  };
}

/** Ascending order puts the best last, as Flux has it: of the letters, `asc` takes Z. */
function inOrder<Reading>(
  order: 'asc' | 'desc',
  { read, compare }: Pick<Judge<Reading>, 'read' | 'compare'>,
): Judge<Reading> {
  return { read, compare: (a, b) => (order === 'asc' ? compare(b, a) : compare(a, b)), break: lastFirst };
}

/** By bytes: what is compared is ASCII. */
function firstFirst(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lastFirst(a: string, b: string): number {
  return firstFirst(b, a);
}
