import { Readable } from 'node:stream';
import { parseCommit } from '../../shared/git/commit.ts';
import type { Oid } from '../../shared/git/object.ts';
import type { History, Remote } from '../../shared/git/remote.ts';
import { commitsBetween, type Place } from '../../shared/ledger/commits.ts';
import { contentsOf } from '../../shared/ledger/contents.ts';
import {
  commitOfKey,
  copyKey,
  copyPrefix,
  type LedgerCommit,
  type LedgerName,
  readCopy,
} from '../../shared/ledger/copy.ts';
import type { Copies, Keeping, Listed } from './copies.ts';
import { standingOf, type Unprotected } from './protection.ts';

/** One thing in which the ledger and its copy differ, or by which the copy is none to rely on. Texts are from outside: they are made printable where they are shown. */
export type Finding =
  /** A commit of the ledger has no copy. */
  | { readonly finding: 'missing'; readonly commit: Oid; readonly committed: string | null }
  /** There is a sound copy of a commit that the ledger no longer has. `signed`: by the key, null where none was given. */
  | { readonly finding: 'gone-from-git'; readonly commit: Oid; readonly key: string; readonly signed: boolean | null }
  /** What stands under a commit's key is not its copy. */
  | { readonly finding: 'differs'; readonly commit: Oid; readonly key: string; readonly why: string }
  /** An object that gitferry does not write. */
  | { readonly finding: 'foreign'; readonly key: string }
  /** Somebody wrote to the key again; the first version is what counts as the copy. */
  | { readonly finding: 'overwritten'; readonly key: string; readonly versions: number }
  /** Somebody deleted the object, which only hides it. */
  | { readonly finding: 'hidden'; readonly key: string }
  /** The copy can be deleted. `mode` and `until`, ISO 8601, of its retention; null where none shows. */
  | {
      readonly finding: 'unlocked';
      readonly commit: Oid;
      readonly key: string;
      readonly mode: string | null;
      readonly until: string | null;
    }
  | Unprotected
  /** The ledger ends in commits that the key did not sign. */
  | { readonly finding: 'not-signed'; readonly commit: Oid; readonly commits: number }
  /** The branch is gone. */
  | { readonly finding: 'ledger-missing' };

/** Counts that are complete when the last finding was given. */
export interface Tally {
  commits: number;
  copies: number;
  /** Commits that are so young that they need not be copied yet. */
  notYet: number;
  /** Copies that nothing protects from being deleted, though something should. */
  unlocked: number;
  /** Copies whose retention is over, as it comes to be after years. */
  expired: number;
}

export interface Comparison extends LedgerName {
  readonly remote: Pick<Remote, 'tips' | 'fetch'> & History;
  readonly copies: Copies;
  /** The ledger's branch, `refs/heads/…`. */
  readonly ref: string;
  /** Whether the key made the signature of a commit; null where nobody named a key. */
  readonly signed: ((payload: Uint8Array, signature: string) => Promise<boolean>) | null;
  /** How long the bucket locks what is added. */
  readonly retention: Keeping['retention'];
  readonly now: Date;
}

/** `archive` comes every hour, and it takes its time. */
const NOT_YET = 75 * 60_000;
const PAGE = 200;
const AT_ONCE = 16;
/** Objects beyond this are read one at a time; beyond the other they are nobody's copy. */
const LARGE = 2 ** 20;
const LARGEST = 2 ** 27;

/**
 * Compares a ledger with its copy, commit by commit. Some 400 bytes are held for each commit. Throws what `remote` and `copies`
 * throw.
 */
export async function* compare(comparison: Comparison, tally: Tally): AsyncGenerator<Finding> {
  const { remote, ref } = comparison;
  const tip = (await remote.tips([ref])).get(ref) ?? null;
  const places = tip === null ? [] : await commitsOf(remote, tip, null);
  const without = new Set(places.map(({ oid }) => oid));
  const known = new Set(without);
  tally.commits = known.size;
  if (comparison.signed !== null) yield* unsigned(places, comparison);

  const others: Other[] = [];
  for await (const page of pages(comparison.copies.list(copyPrefix(comparison)))) {
    for (const { copy, findings } of await readAll(page, comparison, tally)) {
      yield* findings;
      if (copy === null) continue;
      without.delete(copy.oid);
      if (!known.has(copy.oid)) others.push(await otherOf(copy, comparison));
    }
  }
  if (tip === null && tally.copies > 0) yield { finding: 'ledger-missing' };
  yield* await stillOthers(others, tip, comparison);
  yield* uncopied([...without], comparison, tally);
}

type Other = Extract<Finding, { finding: 'gone-from-git' }>;

async function otherOf({ oid: commit, commit: bytes }: LedgerCommit, comparison: Comparison): Promise<Other> {
  const key = copyKey(comparison, commit, parseCommit({ type: 'commit', bytes }));
  return { finding: 'gone-from-git', commit, key, signed: await isSigned(bytes, comparison.signed) };
}

async function commitsOf(history: History, tip: Oid, until: Oid | null): Promise<readonly Place[]> {
  const found = await commitsBetween(history, { tip, until, most: Number.POSITIVE_INFINITY, late: () => false });
  return 'oldestFirst' in found ? found.oldestFirst : [];
}

/** The commits at the ledger's end up to the last that is signed: those before it the signer built upon. */
async function* unsigned(places: readonly Place[], { remote, signed }: Comparison): AsyncGenerator<Finding> {
  let commits = 0;
  for (let end = places.length; end > 0; end -= PAGE) {
    const page = places.slice(Math.max(0, end - PAGE), end).reverse();
    const objects = await remote.fetch(
      page.map(({ oid }) => oid),
      { pass: true },
    );
    for (const { oid } of page) {
      const object = objects.get(oid);
      if (object !== undefined && (await isSigned(object.bytes, signed))) {
        if (commits > 0) yield { finding: 'not-signed', commit: places.at(-commits)?.oid ?? oid, commits };
        return;
      }
      commits += 1;
    }
  }
  if (commits > 0) yield { finding: 'not-signed', commit: places[0]?.oid ?? '', commits };
}

async function isSigned(commit: Uint8Array, signed: Comparison['signed']): Promise<boolean | null> {
  if (signed === null) return null;
  const { payload, signature } = parseCommit({ type: 'commit', bytes: commit });
  return signature !== null && signed(payload, signature);
}

/** `copy`: what the key holds where that is sound, whether or not Git still has that commit. */
interface Found {
  readonly copy: LedgerCommit | null;
  readonly findings: readonly Finding[];
}

async function readAll(page: readonly Listed[], comparison: Comparison, tally: Tally): Promise<readonly Found[]> {
  const isLarge = ({ versions }: Listed): boolean => (versions.at(-1)?.size ?? 0) > LARGE;
  const read = (listed: readonly Listed[], concurrency: number): Promise<Found[]> =>
    Readable.from(listed)
      .map((one: Listed) => look(one, comparison, tally), { concurrency })
      .toArray();
  const small = await read(
    page.filter((one) => !isLarge(one)),
    AT_ONCE,
  );
  return [...small, ...(await read(page.filter(isLarge), 1))];
}

async function look({ key, versions }: Listed, comparison: Comparison, tally: Tally): Promise<Found> {
  const commit = commitOfKey(comparison, key);
  const written = versions.filter(({ size }) => size !== null);
  const traces: Finding[] = [
    ...(versions[0]?.size === null ? [{ finding: 'hidden', key } as const] : []),
    ...(written.length > 1 ? [{ finding: 'overwritten', key, versions: written.length } as const] : []),
  ];
  const first = written.at(-1);
  if (commit === null) return { copy: null, findings: [...traces, { finding: 'foreign', key }] };
  if (first === undefined) return { copy: null, findings: traces };
  tally.copies += 1;
  const differs = (why: string): Found => ({
    copy: null,
    findings: [...traces, { finding: 'differs', commit, key, why }],
  });
  if ((first.size ?? 0) > LARGEST) return differs('It is larger than any copy.');
  const { bytes, lock } = await comparison.copies.read(key, first.id);
  const standing = standingOf(lock, first.written, comparison.retention, comparison.now);
  if (standing !== 'locked') tally[standing] += 1;
  if (standing === 'unlocked') {
    const { mode = null, until } = lock ?? {};
    traces.push({ finding: 'unlocked', commit, key, mode, until: until?.toISOString() ?? null });
  }
  const copy = readCopy(comparison, bytes);
  if (typeof copy === 'string') return differs(copy);
  if (copyKey(comparison, copy.oid, parseCommit({ type: 'commit', bytes: copy.commit })) !== key)
    return differs(`It is the copy of ${copy.oid}, or of another time.`);
  const why = await leftOut(copy, comparison);
  if (why !== null) return differs(why);
  return { copy, findings: traces };
}

/** What a copy leaves out must be as large as it says. */
async function leftOut(copy: LedgerCommit, { remote }: Comparison): Promise<string | null> {
  if (copy.tree.bytes !== null && copy.events?.bytes !== null) return null;
  const [there] = await contentsOf(remote, [{ oid: copy.oid, tree: copy.tree.oid }]).catch(() => []);
  if (there === undefined) return 'It leaves something out that Git no longer has either.';
  const same =
    (there.tree.bytes === null) === (copy.tree.bytes === null) &&
    (there.events?.bytes === null) === (copy.events?.bytes === null);
  return same ? null : 'It leaves something out that is not too large.';
}

/** Copies of commits that came to the ledger while it was read are no news. */
async function stillOthers(
  others: readonly Other[],
  before: Oid | null,
  { remote, ref }: Comparison,
): Promise<readonly Other[]> {
  if (others.length === 0) return [];
  const tip = (await remote.tips([ref])).get(ref);
  const fresh = new Set(tip === undefined ? [] : (await commitsOf(remote, tip, before)).map(({ oid }) => oid));
  return others.filter(({ commit }) => !fresh.has(commit));
}

async function* uncopied(without: readonly Oid[], { remote, now }: Comparison, tally: Tally): AsyncGenerator<Finding> {
  for (let from = 0; from < without.length; from += PAGE) {
    const page = without.slice(from, from + PAGE);
    const objects = await remote.fetch(page, { pass: true });
    for (const commit of page) {
      const object = objects.get(commit);
      const seconds = object === undefined ? 0 : parseCommit(object).committer.seconds;
      const age = now.getTime() - seconds * 1000;
      // A commit that claims to be of tomorrow would never be missed.
      if (Math.abs(age) < NOT_YET) tally.notYet += 1;
      else yield { finding: 'missing', commit, committed: isoOf(seconds) };
    }
  }
}

function isoOf(seconds: number): string | null {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

async function* pages<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let page: T[] = [];
  for await (const item of items) {
    page.push(item);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
