import { commitOf } from '../../../shared/agent/flux.ts';
import { FerryError } from '../../../shared/errors.ts';
import type { Remote } from '../../../shared/git/remote.ts';

/** How a revision that an agent has stands to the branch's tip. */
export type Standing =
  /** It is the tip, or came after it. */
  | { readonly kind: 'current' }
  /** `since`: when the oldest commit that it lacks was made (ISO 8601); null when nobody knows. */
  | { readonly kind: 'behind'; readonly since: string | null }
  /** It names no commit, so that Git can't say. */
  | { readonly kind: 'unknown' };

export type Standings = (revision: string | null) => Promise<Standing>;

/** Asks Git, once a revision. Throws what Git throws. */
export function standings(remote: Pick<Remote, 'log'>, tip: string): Standings {
  const known = new Map<string, Promise<Standing>>();
  return (revision) => {
    if (revision === null || revision === '') return Promise.resolve({ kind: 'behind', since: null });
    const oid = commitOf(revision);
    if (oid === null) return Promise.resolve({ kind: 'unknown' });
    if (oid === tip) return Promise.resolve({ kind: 'current' });
    const answer = known.get(oid) ?? standingOf(remote, tip, oid);
    known.set(oid, answer);
    return answer;
  };
}

async function standingOf(remote: Pick<Remote, 'log'>, tip: string, oid: string): Promise<Standing> {
  try {
    let oldest: number | null = null;
    for await (const { commit } of remote.log(tip, oid)) oldest = commit.committer.seconds;
    // Nothing of the tip is new to it.
    if (oldest === null) return { kind: 'current' };
    return { kind: 'behind', since: new Date(oldest * 1000).toISOString() };
  } catch (error) {
    // A commit that the server does not have any more was taken off the branch.
    if (error instanceof FerryError && error.reason === 'ObjectMissing') return { kind: 'behind', since: null };
    throw error;
  }
}
