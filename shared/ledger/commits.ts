import { Retryable, Stalled } from '../errors.ts';
import { parseCommit } from '../git/commit.ts';
import type { Objects, Oid } from '../git/object.ts';
import type { History } from '../git/remote.ts';

/** A commit of the ledger, and its root tree. */
export interface Place {
  readonly oid: Oid;
  readonly tree: Oid;
}

export interface Commits {
  /** Each after its parents. */
  readonly oldestFirst: readonly Place[];
  /** Whether they go on from `until`; false too when `tip` lies before it, or `until` is null. */
  readonly goOn: boolean;
}

/** Commits that one request asks for; at some 1 kB each. */
const PAGE = 5000;
/** A commit of ours has one parent. One with thousands, which is nobody's, is asked for piece by piece. */
const WANTED = 50;

/**
 * The commits of a ledger that are reachable from `tip` and not from `until`. Some 300 bytes are held of each, and a page of
 * them whole. When there are more than `most` it answers the commit at which it stopped: what lies before that is asked for
 * first. Throws Retryable TimeShort once `late` says so, and what `History` throws.
 */
export async function commitsBetween(
  history: History,
  { tip, until, most, late }: { readonly tip: Oid; readonly until: Oid | null; readonly most: number; late(): boolean },
): Promise<Commits | { readonly stoppedAt: Oid }> {
  const known = new Map<Oid, { readonly tree: Oid; readonly parents: readonly Oid[] }>();
  const next = new Set(tip === until ? [] : [tip]);
  const have = until === null ? [] : [until];
  let goOn = tip === until;
  while (next.size > 0) {
    const [stoppedAt] = next;
    if (known.size >= most && stoppedAt !== undefined) return { stoppedAt };
    if (late()) throw new Retryable('TimeShort', 'The ledger is too long to be read in the time that is left.');
    const wanted = [...next].slice(0, WANTED);
    const page = await pageOf(history, wanted, have, Math.ceil(PAGE / wanted.length));
    // One that does not come is reachable from `until`.
    for (const oid of wanted) next.delete(oid);
    const added: Oid[] = [];
    for (const [oid, object] of page) {
      if (known.has(oid)) continue;
      const commit = parseCommit(object);
      const parents = commit.parents.map(apart);
      known.set(oid, { tree: apart(commit.tree), parents });
      added.push(...parents);
    }
    goOn ||= until !== null && added.includes(until);
    for (const parent of added) if (parent !== until && !known.has(parent)) next.add(parent);
  }
  return { oldestFirst: sorted(tip, known), goOn };
}

/** The same id as a text of its own: one that was cut from a commit would keep all of it alive. */
function apart(oid: Oid): Oid {
  return Buffer.from(oid, 'latin1').toString('latin1');
}

/** Fewer at a time where they are so large that they don't fit into memory together. */
async function pageOf(history: History, want: readonly Oid[], have: readonly Oid[], depth: number): Promise<Objects> {
  try {
    return await history.commits(want, have, depth);
  } catch (error) {
    if (!(error instanceof Stalled && error.reason === 'PackTooLarge') || depth === 1) throw error;
    return pageOf(history, want, have, Math.ceil(depth / 8));
  }
}

/** Depth first, without recursion: the line may be as long as it likes. */
function sorted(tip: Oid, known: ReadonlyMap<Oid, { readonly tree: Oid; readonly parents: readonly Oid[] }>): Place[] {
  const places: Place[] = [];
  const placed = new Set<Oid>();
  const path = known.has(tip) ? [tip] : [];
  for (let oid = path.at(-1); oid !== undefined; oid = path.at(-1)) {
    const { tree, parents } = known.get(oid) as { tree: Oid; parents: readonly Oid[] };
    const before = parents.find((parent) => known.has(parent) && !placed.has(parent));
    if (before !== undefined) path.push(before);
    else {
      path.pop();
      if (placed.has(oid)) continue;
      placed.add(oid);
      places.push({ oid, tree });
    }
  }
  return places;
}
