import { commitOf } from '../../../shared/agent/flux.ts';
import { FerryError } from '../../../shared/errors.ts';
import type { Remote } from '../../../shared/git/remote.ts';
import type { Reach } from '../facts.ts';

/** Of commits, whether they descend from the release's: that never changes, so that it is asked once a chain. */
export type Reached = Readonly<Record<string, boolean>>;

/** So many answers are remembered. */
const MOST = 30;

/** Answers how far a revision is, and collects what it learnt. */
export interface Reaching {
  /** Of a commit, or of a revision as Flux writes it; of none at all it is `before`. Throws what Git throws. */
  of(revision: string | null): Promise<Reach>;
  /** What to remember. */
  learnt(): Reached;
}

/**
 * Whether a revision is the release's commit or descends from it, as the Git server says: the commits that lead from the
 * one to the other, and nothing else of them, are asked for.
 */
export function reaching(remote: Pick<Remote, 'log'>, commit: string, known: Reached): Reaching {
  const answers = new Map<string, Promise<boolean>>();
  const learnt: Record<string, boolean> = { ...known };
  const ask = async (oid: string): Promise<boolean> => {
    const seen = known[oid];
    if (seen !== undefined) return seen;
    const descends = await isDescendant(remote, oid, commit);
    if (descends !== null) learnt[oid] = descends;
    return descends ?? false;
  };
  return {
    async of(revision) {
      if (revision === null || revision === '') return 'before';
      const oid = commitOf(revision);
      if (oid === null) return 'unknown';
      if (oid === commit) return 'ours';
      const answer = answers.get(oid) ?? ask(oid);
      answers.set(oid, answer);
      return (await answer) ? 'ours' : 'before';
    },
    learnt: () => Object.fromEntries(Object.entries(learnt).slice(-MOST)),
  };
}

/** Null when the server does not know the commit: one of another history, or one that was not pushed. */
async function isDescendant(remote: Pick<Remote, 'log'>, tip: string, ancestor: string): Promise<boolean | null> {
  try {
    for await (const { commit } of remote.log(tip, ancestor)) if (commit.parents.includes(ancestor)) return true;
    return false;
  } catch (error) {
    if (error instanceof FerryError && error.reason === 'ObjectMissing') return null;
    throw error;
  }
}
