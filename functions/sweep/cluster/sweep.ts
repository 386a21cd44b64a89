import type { Cluster } from '../../../shared/agent/cluster.ts';
import { parseConfig } from '../../../shared/config/parse.ts';
import { FerryError, Rejected, Retryable } from '../../../shared/errors.ts';
import { Draft } from '../../../shared/git/draft.ts';
import type { Remote } from '../../../shared/git/remote.ts';
import type { Bus } from '../../../shared/notice/bus.ts';
import type { Table } from '../../../shared/table/table.ts';
import type { Log, Telemetry } from '../../../shared/telemetry/telemetry.ts';
import { type Look, MINUTE } from './finding.ts';
import { inspect } from './inspect.ts';
import { announce, type Memory, merge, readMemory } from './memory.ts';

/** What the look at a cluster works with. It changes nothing there, and nothing in Git. */
export interface ClusterDeps {
  readonly deployment: string;
  readonly repository: string;
  readonly branch: string;
  readonly remote: Remote;
  readonly bus: Bus;
  readonly table: Table;
  readonly now: () => Date;
  /** Milliseconds left to this invocation. */
  readonly remaining: () => number;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** What is remembered of a cluster is kept so long after it was last looked at. */
const KEEP = 90 * 24 * 60 * MINUTE;

/** An API server that is away is often back before anybody could do anything about it. */
const OUTAGE = 5 * MINUTE;

/**
 * Compares one cluster with the branch, and tells what differs and what does not any more. It is remembered before it is
 * told, and as told after: what ends between the two tells the same again, by the same ids.
 * @throws what Git, the table and the bus throw; what the cluster does not let us see is a finding itself
 */
export async function sweepCluster(cluster: Cluster, deps: ClusterDeps): Promise<void> {
  const { deployment, repository, branch, table, bus, log, telemetry } = deps;
  const place = { deployment, repository, branch, cluster: cluster.name };
  const key = `drift:${cluster.name}`;
  const item = await table.read(key);
  const before = readMemory(item?.value);
  const ref = `refs/heads/${branch}`;
  const tip = (await deps.remote.tips([ref])).get(ref) ?? null;
  if (tip === null) return;
  const [look, converge] = await Promise.all([lookAt(cluster, tip, before, deps), converges(tip, deps.remote)]);
  const now = deps.now();
  const { memory, left } = merge(before, look, place, now, converge);
  if (left > 0) log('not told yet', { cluster: cluster.name, findings: left });
  const expires = new Date(now.getTime() + KEEP);
  if (!(await table.write(key, memory, item?.version ?? null, expires))) {
    log('another sweep looks at it', { cluster: cluster.name });
    return;
  }
  const [notices, after] = announce(memory, before, place, now);
  if (notices.length > 0) {
    await bus.put(notices);
    await table.write(key, after, (item?.version ?? 0) + 1, expires);
    log('compared', { cluster: cluster.name, told: notices.length });
  }
  telemetry.measure({ ClusterSweepsFinished: 1 });
}

async function lookAt(cluster: Cluster, tip: string, before: Memory, deps: ClusterDeps): Promise<Look> {
  const faults = new WeakSet<object>();
  try {
    return await inspect(watched(cluster, faults), tip, before.trials, deps);
  } catch (error) {
    // What Git throws is no word on the cluster.
    if (!(error instanceof FerryError) || !faults.has(error)) throw error;
    const { reason, message, hint } = error;
    deps.log('not looked at', { cluster: cluster.name, error });
    const object = { apiVersion: '', kind: 'Cluster', namespace: null, name: cluster.name };
    const grace = error instanceof Retryable ? OUTAGE : 0;
    // Nothing of what it was known for is gone by that.
    const unsure = new Set(Object.keys(before.entries).filter((key) => before.entries[key]?.object.kind !== 'Cluster'));
    const findings = [{ reason, object, message, hint, since: null, grace, mend: null }];
    return { findings, unsure, untried: new Set(), trials: before.trials };
  }
}

/** The same cluster; what it throws is noted, so that it is told from what Git throws. */
function watched(cluster: Cluster, faults: WeakSet<object>): Cluster {
  const note = (error: unknown): never => {
    if (typeof error === 'object' && error !== null) faults.add(error);
    throw error;
  };
  return {
    name: cluster.name,
    get: (object) => cluster.get(object).catch(note),
    list: (apiVersion, kind, within) => cluster.list(apiVersion, kind, within).catch(note),
    annotate: (object, annotations) => cluster.annotate(object, annotations).catch(note),
    dryRun: (object, manager) => cluster.dryRun(object, manager).catch(note),
  };
}

/** Rules that can't be read ask for nothing. */
async function converges(tip: string, remote: Remote): Promise<boolean> {
  const main = new Draft(remote, tip);
  await main.open(['gitferry.yaml']);
  const bytes = (await main.read(['gitferry.yaml'])).get('gitferry.yaml');
  try {
    return bytes !== undefined && parseConfig(bytes).drift === 'converge';
  } catch (error) {
    if (error instanceof Rejected) return false;
    throw error;
  }
}
