import type {
  CanaryFacts,
  ClusterFacts,
  Facts,
  FollowerFacts,
  Past,
  WorkloadFacts,
} from '../../functions/verify/facts.ts';
import type { Landed } from '../../shared/notice/landed.ts';

export const DIGEST = `sha256:${'d'.repeat(64)}`;
export const OTHER = `sha256:${'e'.repeat(64)}`;
export const COMMIT = 'a'.repeat(40);
export const PARENT = 'b'.repeat(40);
export const LANDED_AT = Date.parse('2026-01-01T00:00:00Z');

export function landed(given: Partial<Landed> = {}): Landed {
  return {
    deployment: 'test',
    repository: 'https://git.example/acme/main.git',
    branch: 'main',
    release: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    unit: 'config#shop/api.yaml',
    version: null,
    content: DIGEST,
    commit: COMMIT,
    summary: 'Release apps/shop/api.yaml',
    publisher: null,
    source: null,
    landedAt: new Date(LANDED_AT).toISOString(),
    paths: ['apps/shop/api.yaml'],
    image: null,
    rollout: { deadline: 600_000, onFailure: 'revert' },
    reverts: null,
    ...given,
  };
}

export const PAST: Past = { verdict: null, superseded: false, delivered: false, sameVersion: false };

/** An agent that has applied the release. */
export function follower(given: Partial<FollowerFacts> = {}): FollowerFacts {
  return {
    name: 'Kustomization flux-system/apps',
    kind: 'kustomization',
    certain: true,
    holds: true,
    suspended: false,
    applied: 'ours',
    attempted: 'ours',
    revision: `main@sha1:${COMMIT}`,
    ready: true,
    failing: null,
    named: false,
    alone: false,
    afterwards: false,
    byVersion: false,
    ...given,
  };
}

/** The same before it has begun. */
export function idle(given: Partial<FollowerFacts> = {}): FollowerFacts {
  return follower({ applied: 'before', attempted: 'before', revision: `main@sha1:${PARENT}`, ...given });
}

/** One that has tried, and failed. */
export function failing(reason: string, message: string, given: Partial<FollowerFacts> = {}): FollowerFacts {
  return follower({ applied: 'before', ready: false, failing: { reason, message }, ...given });
}

/** A workload that is rolled out. */
export function workload(given: Partial<WorkloadFacts> = {}): WorkloadFacts {
  return {
    name: 'Deployment shop/api',
    generation: 2,
    foreign: null,
    complete: true,
    probed: true,
    available: true,
    stuck: null,
    pods: [],
    renewed: false,
    before: 'unknown',
    canary: null,
    ...given,
  };
}

export const CRASH = { reason: 'CrashLoopBackOff', message: 'api-1: CrashLoopBackOff: back-off 10s', firm: true };

/** One whose pods end each time that they are started. */
export function crashing(given: Partial<WorkloadFacts> = {}): WorkloadFacts {
  return workload({ complete: false, pods: [CRASH], ...given });
}

/** A canary that has promoted what the target says. */
export function canary(given: Partial<CanaryFacts> = {}): CanaryFacts {
  return {
    name: 'Canary shop/api',
    phase: 'Succeeded',
    lastAppliedSpec: 'new',
    lastPromotedSpec: 'new',
    suspended: false,
    watched: false,
    interval: 30_000,
    words: 'Canary analysis completed successfully, promotion finished.',
    primary: { promoted: true, complete: true, available: true, pods: [] },
    ...given,
  };
}

/** A primary that runs something else than the target. */
export const OLD_PRIMARY = { promoted: false, complete: true, available: true, pods: [] };

export function cluster(given: Partial<ClusterFacts> = {}): ClusterFacts {
  return { cluster: 'one', fault: null, followers: [follower()], workloads: [workload()], missing: [], ...given };
}

export function facts(given: Partial<ClusterFacts> = {}, more: Partial<Facts> = {}): Facts {
  return { clusters: [cluster(given)], past: PAST, git: null, ...more };
}
