import type { Commit } from './commit.ts';
import type { Objects, Oid } from './object.ts';

/** A ref that is to move, by compare-and-swap; `from: null` means that it must not exist yet. */
export interface Move {
  readonly ref: string;
  readonly from: Oid | null;
  readonly to: Oid;
}

/** What became of a push: the refs that moved, and the server's words about those that did not. */
export interface PushReport {
  readonly moved: ReadonlySet<string>;
  readonly refused: ReadonlyMap<string, string>;
}

/** History that is too long to be held at once. Throws as `Remote` does. */
export interface History {
  /**
   * Commits as they are stored, and nothing else: those that lead back from `want`, at least `depth` of each if there are so
   * many, but none that is reachable from `have`. What was wanted and does not come is reachable from there.
   */
  commits(want: readonly Oid[], have: readonly Oid[], depth: number): Promise<Objects>;
}

/**
 * The main repository on its server, spoken to without a clone. Full ref names (`refs/heads/main`) throughout.
 * Every method throws Retryable (outage, time-out), or Stalled (credentials, no such repository, SHA-256).
 */
export interface Remote {
  /** The ids of these refs as they are on the server now; absent refs are left out. Never remembered. */
  tips(refs: readonly string[]): Promise<ReadonlyMap<string, Oid>>;

  /**
   * The commit, its root tree, and the tree of every folder that leads to these paths (of `a/b/c`: `a` and `a/b`),
   * as far as they exist. More may come; what the client already holds is not fetched again. `byIds` asks for nothing but
   * these objects, level by level: for trees that are known to be wide (the ledger's). Calls at the same time share requests.
   */
  open(commit: Oid, paths: readonly string[], how?: { readonly byIds?: boolean }): Promise<Objects>;

  /**
   * These objects by id, all together; throws when one is not there. `pass`: they are looked at once, so that nothing that
   * is held has to give way to them.
   */
  fetch(oids: readonly Oid[], how?: { readonly pass?: boolean }): Promise<Objects>;

  /** The commits reachable from `tip` and not from `until`, newest first, without their trees. */
  log(tip: Oid, until: Oid | null): AsyncIterable<{ readonly oid: Oid; readonly commit: Commit }>;

  /**
   * Moves all refs or none where the server offers `atomic`; else one after another in the given order, stopping at the
   * first that is refused. A refusal is no error: the caller reads the tips again and decides.
   */
  push(moves: readonly Move[], objects: Objects): Promise<PushReport>;
}
