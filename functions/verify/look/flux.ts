import type { KubeObject, ObjectRef } from '../../../shared/agent/cluster.ts';
import { type Condition, conditionOf } from '../../../shared/agent/field.ts';
import {
  commitOf,
  inventoryOf,
  readExternalArtifact,
  readHelmChart,
  readHelmRelease,
  readKustomization,
} from '../../../shared/agent/flux.ts';
import type { Follower } from '../../../shared/agent/follower.ts';
import type { FollowerFacts, Reach, Words } from '../facts.ts';

/** What an agent's object says of the release, before it is known whose objects its words name. */
export type Said = Omit<FollowerFacts, 'named' | 'holds'> & {
  /** What it applied. */
  readonly held: readonly ObjectRef[];
};

/** What is asked of Git meanwhile. */
export interface Question {
  readonly reach: (revision: string | null) => Promise<Reach>;
  readonly commit: string;
  readonly parents: readonly string[];
  /** Sources are taken from among these. */
  readonly followers: readonly Follower[];
}

/** Failures that Flux tells when it has tried, and will try again only later. */
const FAILED = new Set(['HealthCheckFailed', 'ReconciliationFailed', 'BuildFailed', 'PruneFailed', 'ApplyFailed']);

/** The condition as far as it speaks of the object as it stands now. */
function current(object: KubeObject, status: { readonly observedGeneration: number | null }, one: Condition | null) {
  const generation = one?.observedGeneration ?? status.observedGeneration;
  return one !== null && generation === (object.metadata.generation ?? null) ? one : null;
}

function readyOf(condition: Condition | null): boolean | null {
  return condition?.status === 'True' ? true : condition?.status === 'False' ? false : null;
}

function wordsOf(condition: Condition): Words {
  return { reason: condition.reason ?? 'NotReady', message: condition.message ?? '' };
}

function nameOf({ kind, namespace, name }: ObjectRef): string {
  return `${kind} ${namespace}/${name}`;
}

/** Suspended itself, or anything that it takes the repository from. */
function suspended(follower: Follower, { followers }: Question): boolean {
  const named = ({ kind, namespace, name }: ObjectRef): boolean =>
    followers.some((one) => one.suspended && nameOf(one.ref) === `${kind} ${namespace}/${name}`);
  return follower.suspended || follower.sources.some(named);
}

export async function kustomizationSaid(follower: Follower, question: Question): Promise<Said> {
  const { object, ref } = follower;
  const { status } = readKustomization(object);
  const applied = status.lastAppliedOriginRevision ?? status.lastAppliedRevision;
  const attempted = originOf(status.lastAttemptedRevision, follower, question);
  const ready = current(object, status, conditionOf(status.conditions, 'Ready'));
  const failed = readyOf(ready) === false && FAILED.has(ready?.reason ?? '') ? ready : null;
  return {
    name: nameOf(ref),
    kind: 'kustomization',
    certain: follower.path !== null,
    suspended: suspended(follower, question),
    applied: await question.reach(applied),
    attempted: await question.reach(attempted),
    revision: attempted ?? applied ?? '',
    ready: readyOf(ready),
    failing: failed === null ? null : wordsOf(failed),
    alone: commitOf(attempted) === question.commit && question.parents.includes(commitOf(applied) ?? ''),
    afterwards: failed?.reason === 'HealthCheckFailed' || isWaitingForHealth(object, status),
    byVersion: false,
    held: inventoryOf(status.inventory),
  };
}

type Status = ReturnType<typeof readKustomization>['status'];

/** Whether it has applied what it attempted, and waits until all of that is healthy, as long as its time-out allows. */
function isWaitingForHealth(object: KubeObject, status: Status): boolean {
  const reconciling = current(object, status, conditionOf(status.conditions, 'Reconciling'));
  const [, revision] = /^Running health checks for revision (\S+) /u.exec(reconciling?.message ?? '') ?? [];
  return reconciling?.status === 'True' && revision !== undefined && revision === status.lastAttemptedRevision;
}

/** Of what was put together from the repository, the revision is a digest: the source says of which commit. */
function originOf(revision: string | null, { sources }: Follower, { followers }: Question): string | null {
  if (revision === null || commitOf(revision) !== null) return revision;
  for (const { kind, namespace, name } of sources) {
    const source = followers.find(({ ref }) => ref.kind === kind && ref.namespace === namespace && ref.name === name);
    const artifact = source === undefined ? null : readExternalArtifact(source.object).status.artifact;
    if (artifact?.revision === revision) return artifact.metadata['org.opencontainers.image.revision'] ?? revision;
  }
  return revision;
}

export async function helmReleaseSaid(follower: Follower, question: Question): Promise<Said> {
  const { object, ref, sources } = follower;
  const { status } = readHelmRelease(object);
  const chart = question.followers.find(
    (one) => one.ref.kind === 'HelmChart' && sources.some((source) => nameOf(source) === nameOf(one.ref)),
  );
  const built = chart === undefined ? null : readHelmChart(chart.object).status;
  const version = built?.artifact?.revision ?? null;
  const packed = await question.reach(built?.observedSourceArtifactRevision ?? null);
  const tried = packed === 'ours' && version !== null && status.lastAttemptedRevision === version;
  const ready = current(object, status, conditionOf(status.conditions, 'Ready'));
  const [latest, previous] = status.history;
  const runs = latest?.status === 'deployed' && latest.chartVersion === version && readyOf(ready) === true;
  const stalled = current(object, status, conditionOf(status.conditions, 'Stalled'));
  const failed = stalled?.status === 'True' && readyOf(ready) === false ? (ready ?? stalled) : null;
  return {
    name: nameOf(ref),
    kind: 'helm-release',
    certain: true,
    suspended: suspended(follower, question),
    applied: tried && runs ? 'ours' : packed === 'unknown' ? 'unknown' : 'before',
    attempted: tried && status.observedGeneration === object.metadata.generation ? 'ours' : 'before',
    revision: status.lastAttemptedRevision ?? '',
    ready: readyOf(ready),
    failing: failed === null ? null : wordsOf(failed),
    // The first installation, or one on top of what had been deployed.
    alone: previous === undefined ? latest !== undefined : previous.status !== 'failed',
    afterwards: false,
    byVersion: true,
    held: inventoryOf(status.inventory),
  };
}

/** A HelmRelease whose own file is the unit's; `holder` says whether that file was applied. */
export function declaredReleaseSaid(object: KubeObject, holder: Reach): Said {
  const { spec, status } = readHelmRelease(object);
  const ready = current(object, status, conditionOf(status.conditions, 'Ready'));
  const stalled = current(object, status, conditionOf(status.conditions, 'Stalled'));
  const failed = stalled?.status === 'True' && readyOf(ready) === false ? (ready ?? stalled) : null;
  const [latest, previous] = status.history;
  const seen = holder === 'ours' && status.observedGeneration === object.metadata.generation;
  return {
    name: nameOf({ ...object, namespace: object.metadata.namespace ?? null, name: object.metadata.name }),
    kind: 'helm-release',
    certain: true,
    suspended: spec.suspend,
    applied: seen && readyOf(ready) === true ? 'ours' : holder === 'unknown' ? 'unknown' : 'before',
    attempted: seen ? 'ours' : 'before',
    revision: `${status.lastAttemptedRevision ?? ''} of generation ${object.metadata.generation ?? 0}`,
    ready: readyOf(ready),
    failing: failed === null ? null : wordsOf(failed),
    alone: previous === undefined ? latest !== undefined : previous.status !== 'failed',
    afterwards: false,
    byVersion: false,
    held: inventoryOf(status.inventory),
  };
}
