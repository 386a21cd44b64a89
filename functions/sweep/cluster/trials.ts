import type { Cluster, KubeObject } from '../../../shared/agent/cluster.ts';
import { keyOf } from '../../../shared/agent/field.ts';
import { Rejected } from '../../../shared/errors.ts';
import { differences } from './differences.ts';
import type { Trials } from './finding.ts';
import { type Forbidden, forbid, isForbidden, type Subject } from './live.ts';
import { together } from './together.ts';

/** Objects that are tried out a sweep: each is one request. The next goes on behind them. */
export const MOST = 200;
const WIDTH = 4;
const MANAGER = 'kustomize-controller';

/** An object whose manifest is known, as it would be applied. */
export interface Trial {
  readonly subject: Subject;
  readonly live: KubeObject;
  readonly manifest: KubeObject;
}

export interface Tried {
  /** The fields of each object that was tried which are not as applying it would make them. */
  readonly changed: ReadonlyMap<Subject, readonly string[]>;
  readonly after: string | null;
  /** How many are left for the next sweep. */
  readonly left: number;
}

/** What applying each would change, as far as time and rights allow. Throws what the cluster throws. */
export async function tryOut(
  cluster: Cluster,
  trials: readonly Trial[],
  { after }: Pick<Trials, 'after'>,
  forbidden: Forbidden,
  now: Date,
  hasTime: () => boolean,
): Promise<Tried> {
  const changed = new Map<Subject, readonly string[]>();
  const allowed = trials.filter(({ subject }) => !forbidden.has(deedFor(subject)));
  const sorted = allowed.toSorted((a, b) => (keyOf(a.subject.ref) < keyOf(b.subject.ref) ? -1 : 1));
  const first = after === null ? 0 : sorted.findIndex(({ subject }) => keyOf(subject.ref) > after);
  const from = Math.max(first, 0);
  const due = sorted.slice(from, from + MOST);
  let done = 0;
  await together(due, WIDTH, async (trial) => {
    if (!hasTime()) return;
    done += 1;
    const fields = await tryOne(cluster, trial, forbidden, now);
    if (fields !== null) changed.set(trial.subject, fields);
  });
  const left = sorted.length - from - done;
  const last = due[done - 1];
  return { changed, after: left > 0 && last !== undefined ? keyOf(last.subject.ref) : null, left };
}

function deedFor({ ref }: Subject): string {
  return `try ${ref.kind}`;
}

/** Null where the cluster would not try it. */
async function tryOne(
  cluster: Cluster,
  { subject, live, manifest }: Trial,
  forbidden: Forbidden,
  now: Date,
): Promise<readonly string[] | null> {
  const deed = deedFor(subject);
  if (forbidden.has(deed)) return null;
  try {
    return differences(live, await cluster.dryRun(manifest, MANAGER), manifest);
  } catch (error) {
    // By its schema, by a webhook that takes no dry runs: its agent says so, if it is of any account.
    if (error instanceof Rejected) return null;
    if (!isForbidden(error)) throw error;
    forbid(forbidden, deed, now);
    return null;
  }
}
