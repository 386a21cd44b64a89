import * as z from 'zod';
import type { Cluster } from '../../../shared/agent/cluster.ts';
import { asFerryError } from '../../../shared/errors.ts';
import type { Remote } from '../../../shared/git/remote.ts';
import type { Landed } from '../../../shared/notice/landed.ts';
import type { Telemetry } from '../../../shared/telemetry/telemetry.ts';
import type { ClusterFacts, Facts, Words } from '../facts.ts';
import { lookAtCluster } from './cluster.ts';
import { own, readOwn } from './own.ts';
import { type Known, readPast } from './past.ts';
import { reaching } from './reach.ts';

const past = z.object({
  verdict: z.string().nullable(),
  superseded: z.boolean(),
  delivered: z.boolean(),
  sameVersion: z.boolean(),
});

/** What a look learnt that the next one need not ask again. */
export const learnt = z.object({
  own: own.nullable(),
  reached: z.record(z.string(), z.boolean()),
  past: z.object({ tip: z.string().nullable(), past }).nullable(),
});

export type Learnt = z.infer<typeof learnt>;

export const NOTHING_LEARNT: Learnt = { own: null, reached: {}, past: null };

/** What a look works with. It writes nowhere. */
export interface Sight {
  readonly clusters: readonly Cluster[];
  readonly remote: Remote;
  readonly telemetry: Telemetry;
}

/** Nothing is known of the unit while Git can't be asked. */
const UNREAD = { objects: [], chart: false, parents: [] };
const UNKNOWN: Known = {
  tip: null,
  past: { verdict: null, superseded: false, delivered: false, sameVersion: false },
};

/**
 * One look at a release: gathers the facts from all clusters, the ledger and Git, at the same time. What can't be asked is
 * among the facts; nothing of it is thrown.
 */
export async function look(
  landed: Landed,
  { clusters, remote, telemetry }: Sight,
  known: Learnt,
): Promise<{ readonly facts: Facts; readonly learnt: Learnt }> {
  let git: Words | null = null;
  const asked = async <T>(answer: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await answer;
    } catch (thrown) {
      const { reason, message } = asFerryError(thrown);
      git = { reason, message };
      return otherwise;
    }
  };
  const reaches = reaching(remote, landed.commit, known.reached);
  const read = known.own === null ? asked(readOwn(remote, landed), null) : Promise.resolve(known.own);
  const [ledger, declared, ...found] = await Promise.all([
    asked(readPast(remote, landed, known.past), null),
    read,
    ...clusters.map(async (cluster): Promise<ClusterFacts> => {
      const reach = (revision: string | null) => asked(reaches.of(revision), 'unknown' as const);
      const { release, unit } = landed;
      const about = { 'gitferry.release': release, 'gitferry.unit': unit, 'gitferry.cluster': cluster.name };
      const facts = telemetry.span('look at a cluster', about, () =>
        lookAtCluster(cluster, landed, async () => (await read) ?? UNREAD, reach),
      );
      return facts.catch((thrown: unknown) => {
        const { reason, message } = asFerryError(thrown);
        return { cluster: cluster.name, fault: { reason, message }, followers: [], workloads: [], missing: [] };
      });
    }),
  ]);
  const state = ledger ?? known.past ?? UNKNOWN;
  const next: Learnt = { own: declared, reached: reaches.learnt(), past: ledger ?? known.past };
  return { facts: { clusters: found, past: state.past, git }, learnt: next };
}
