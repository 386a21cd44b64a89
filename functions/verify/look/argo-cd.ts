import { readApplication, syncedRevisions } from '../../../shared/agent/argo-cd.ts';
import type { ObjectRef } from '../../../shared/agent/cluster.ts';
import type { Follower } from '../../../shared/agent/follower.ts';
import type { Landed } from '../../../shared/notice/landed.ts';
import type { Reach } from '../facts.ts';
import type { Question, Said } from './flux.ts';

/** Argo CD's own name for the cluster that it runs in. */
const HERE: ReadonlySet<string> = new Set(['https://kubernetes.default.svc', 'in-cluster']);

export async function applicationSaid(follower: Follower, question: Question, landed: Landed): Promise<Said> {
  const { ref } = follower;
  const { spec, status } = readApplication(follower.object);
  const { operationState: operation, health, sync } = status;
  const revisions = syncedRevisions(readApplication(follower.object), landed);
  const compared = await furthest(revisions, question);
  const result = operation?.syncResult;
  const tried = [result?.revision ?? '', ...(result?.revisions ?? [])].filter((revision) => revision !== '');
  const attempted = await furthest(tried, question);
  const failed = operation?.phase === 'Failed' || operation?.phase === 'Error';
  const degraded = health?.status === 'Degraded';
  const synced = compared === 'ours' && sync?.status === 'Synced' && operation?.phase !== 'Running';
  const { server, name } = spec.destination ?? { server: null, name: null };
  const here = HERE.has(server ?? '') || HERE.has(name ?? '');
  // What runs in another cluster is known by Argo CD's words alone.
  const applied = synced && (here ? health?.status !== 'Missing' : health?.status === 'Healthy');
  const bad = status.resources.filter((one) => one.health?.status === 'Degraded');
  const words = bad.map((one) => `${one.kind}/${one.namespace}/${one.name}: ${one.health?.message ?? 'Degraded'}`);
  const asked = result?.resources.filter(({ message }) => message !== null) ?? [];
  const said = asked.map((one) => `${one.kind}/${one.namespace}/${one.name}: ${one.message}`);
  const message = [operation?.message ?? '', ...(failed ? said : [])].join(' ').trim();
  return {
    name: `Application ${ref.namespace}/${ref.name}`,
    kind: 'application',
    certain: true,
    suspended: follower.suspended,
    applied: applied ? 'ours' : compared === 'unknown' ? 'unknown' : 'before',
    // What is being synced may have begun to change things.
    attempted: synced || operation?.phase === 'Running' ? compared : attempted,
    revision: revisions.join(', '),
    ready: health?.status == null ? null : health.status === 'Healthy',
    failing: failed
      ? { reason: 'SyncFailed', message }
      : degraded && synced
        ? { reason: 'Degraded', message: words.join('; ') }
        : null,
    alone: false,
    afterwards: !failed && degraded && synced,
    byVersion: false,
    held: here ? status.resources.flatMap(refOf) : [],
  };
}

function refOf({ group, version, kind, namespace, name }: Record<string, unknown>): ObjectRef[] {
  if (typeof kind !== 'string' || typeof name !== 'string' || typeof version !== 'string') return [];
  const apiVersion = typeof group === 'string' && group !== '' ? `${group}/${version}` : version;
  return [{ apiVersion, kind, namespace: typeof namespace === 'string' && namespace !== '' ? namespace : null, name }];
}

/** Of several sources, the one that holds the release counts. */
async function furthest(revisions: readonly string[], { reach }: Question): Promise<Reach> {
  const all = await Promise.all(revisions.map(reach));
  if (all.includes('ours')) return 'ours';
  return all.includes('unknown') ? 'unknown' : 'before';
}
