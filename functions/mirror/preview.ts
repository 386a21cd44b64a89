import type { Change } from '../../shared/change/change.ts';
import { type FerryError, Rejected } from '../../shared/errors.ts';
import { parseCommit } from '../../shared/git/commit.ts';
import { type Changed, compareTrees } from '../../shared/git/compare.ts';
import type { Draft } from '../../shared/git/draft.ts';
import type { Oid } from '../../shared/git/object.ts';
import type { LedgerEvent } from '../../shared/ledger/event.ts';
import type { Deps } from './deps.ts';
import { planBatch } from './plan.ts';
import { openRound } from './round.ts';

/** A file as a commit finds it and leaves it: its mode (`100644`) and bytes, null where there is none. */
export interface FilePreview {
  readonly path: string;
  readonly before: Version | null;
  readonly after: Version | null;
}

export interface Version {
  readonly mode: string;
  readonly oid: Oid;
  readonly bytes: Uint8Array;
}

export interface CommitPreview {
  readonly message: string;
  readonly files: readonly FilePreview[];
}

/** What would come of changes: commits in the order in which they would land, and all that would be recorded. */
export interface Preview {
  readonly commits: readonly CommitPreview[];
  readonly events: readonly LedgerEvent[];
  /** Units whose source can't be read. */
  readonly troubled: ReadonlyMap<string, FerryError>;
}

/** What `mirror` would make of these changes now. Nothing is pushed, told or noted. Throws as `mirror` does. */
export async function preview(changes: readonly Change[], deps: Deps): Promise<Preview> {
  const round = await openRound(deps);
  if (round.config instanceof Rejected) throw round.config;
  const troubled = new Map<string, FerryError>();
  const { batch } = await planBatch(
    round,
    round.config,
    changes,
    { done: new Map(), settled: new Map(), troubled },
    deps,
  );
  return { commits: await commitsOf(round.main), events: batch.events, troubled };
}

/** The drafted commits, oldest first. */
async function commitsOf(main: Draft): Promise<CommitPreview[]> {
  const commits: CommitPreview[] = [];
  for (let oid = main.tip; oid !== null && oid !== main.base; ) {
    const { message, tree, parents } = parseCommit(main.object(oid));
    const parent = parents[0] ?? null;
    const before = parent === null ? null : parseCommit(main.object(parent)).tree;
    const changed = await compareTrees(before, tree, (oids) => main.fetch(oids));
    commits.unshift({ message, files: await filesOf(main, changed) });
    oid = parent;
  }
  return commits;
}

async function filesOf(main: Draft, changed: readonly Changed[]): Promise<FilePreview[]> {
  const entries = changed.flatMap(({ before, after }) => [before, after]).filter((entry) => entry !== null);
  const blobs = await main.fetch(entries.filter(({ mode }) => mode !== '160000').map(({ oid }) => oid));
  const version = (entry: Changed['before']): Version | null =>
    entry === null ? null : { ...entry, bytes: blobs.get(entry.oid)?.bytes ?? new Uint8Array() };
  return changed.map(({ path, before, after }) => ({ path, before: version(before), after: version(after) }));
}
