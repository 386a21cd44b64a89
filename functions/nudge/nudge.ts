import { createHash } from 'node:crypto';
import type { Cluster } from '../../shared/agent/cluster.ts';
import type { Way } from '../../shared/config/nudge.ts';
import { FerryError, Retryable, Stalled } from '../../shared/errors.ts';
import type { Bus, Notice } from '../../shared/notice/bus.ts';
import { type Landed, landedOf } from '../../shared/notice/landed.ts';
import type { Log, Telemetry } from '../../shared/telemetry/telemetry.ts';
import { again } from './again.ts';
import { type Nudged, nudgeCluster } from './cluster.ts';
import { applyAgain, convergeOf } from './converge.ts';
import { post } from './post.ts';
import { messageFor } from './ways.ts';

export interface NudgeDeps {
  readonly deployment: string;
  readonly repository: string;
  readonly branch: string;
  readonly clusters: readonly Cluster[];
  readonly ways: () => Promise<readonly Way[]>;
  readonly bus: Bus;
  readonly now: () => Date;
  /** Milliseconds that are left. */
  readonly remaining: () => number;
  readonly pauses?: readonly number[];
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** Milliseconds that are kept to tell what did not work. */
const RESERVE = 3000;

interface Attempt {
  readonly name: string;
  /** Null when it worked. */
  readonly error: unknown;
}

/**
 * Tells every cluster and every way of a landing, all at once, so that none waits for another; an event that is no landing
 * of this deployment is left alone. What only a person can cure is told on the bus.
 * @throws Retryable NudgeIncomplete at the end, when any of them has to be told again
 */
export async function nudge(event: unknown, deps: NudgeDeps): Promise<void> {
  const converge = convergeOf(event, deps.deployment);
  if (converge !== null) return applyAgain(converge, deps);
  const landed = landedOf(event);
  if (landed === null || landed.deployment !== deps.deployment) {
    deps.log('not a landing of this deployment', {});
    return;
  }
  const left = (): number => deps.remaining() - RESERVE;
  const attempt = async (name: string, work: () => Promise<Nudged | null>): Promise<Attempt> => {
    const { release, unit } = landed;
    const about = { release, unit, cluster: name };
    const spanned = { 'gitferry.release': release, 'gitferry.unit': unit, 'gitferry.cluster': name };
    try {
      const done = await deps.telemetry.span('nudge', spanned, () => again(work, left, deps.pauses));
      deps.log('nudged', { ...about, ...done });
      return { name, error: null };
    } catch (error) {
      deps.log('not nudged', { ...about, error });
      deps.telemetry.measure({ NudgesFailed: 1 });
      return { name, error };
    }
  };
  const { repository, branch } = deps;
  const target = { repository, branch, commit: landed.commit, paths: landed.paths };
  const attempts = await Promise.all([
    ...deps.clusters.map((cluster) => attempt(cluster.name, () => nudgeCluster(cluster, target, deps.now))),
    byWays(landed, attempt, deps, left),
  ]);
  await conclude(attempts.flat(), landed, deps);
}

async function byWays(
  landed: Landed,
  attempt: (name: string, work: () => Promise<null>) => Promise<Attempt>,
  { ways, now }: NudgeDeps,
  left: () => number,
): Promise<readonly Attempt[]> {
  const known = await ways().catch((error: unknown) => error as Error);
  if (known instanceof Error) return [{ name: 'the ways to nudge', error: known }];
  return Promise.all(
    known.map((way) => {
      const name = `${way.kind} ${new URL(way.url).host}`;
      return attempt(name, () => post(messageFor(way, landed, now()), name, left).then(() => null));
    }),
  );
}

async function conclude(attempts: readonly Attempt[], landed: Landed, deps: NudgeDeps): Promise<void> {
  const notices = attempts.flatMap(({ name, error }) =>
    error instanceof Stalled ? failed(name, error, landed, deps) : [],
  );
  if (notices.length > 0) await deps.bus.put(notices);
  const bug = attempts.find(({ error }) => error !== null && !(error instanceof FerryError));
  if (bug !== undefined) throw bug.error;
  const open = attempts.filter(({ error }) => error instanceof Retryable);
  if (open.length === 0) return;
  const each = open.map(({ name, error }) => `${name} (${(error as Retryable).reason})`).join(', ');
  throw new Retryable('NudgeIncomplete', `These could not be told of release ${landed.release}: ${each}.`, {
    hint: 'It will be tried again. Agents look by themselves, too, only later.',
    facts: { release: landed.release, open: open.map(({ name }) => name) },
    cause: open[0]?.error,
  });
}

/** Told once a day for as long as it lasts, however much lands. */
function failed(cluster: string, { reason, message, hint }: Stalled, landed: Landed, deps: NudgeDeps): Notice {
  const { deployment, repository, branch } = deps;
  const at = deps.now().toISOString();
  const id = createHash('sha256')
    .update(JSON.stringify([deployment, cluster, reason, at.slice(0, 10)]))
    .digest('hex')
    .slice(0, 32);
  const where = { deployment, repository, branch };
  return { type: 'NudgeFailed', detail: { ...where, id, release: landed.release, cluster, reason, message, hint, at } };
}
