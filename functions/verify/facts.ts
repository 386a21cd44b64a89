import * as z from 'zod';

/** Whether a revision holds the release's commit: it, or a descendant of it. `unknown`: it names no commit. */
export type Reach = 'ours' | 'before' | 'unknown';

/** Someone's own words for what is wrong. */
export interface Words {
  /** CamelCase, as they say it. */
  readonly reason: string;
  readonly message: string;
}

/** An object that the unit's files declare. */
export interface Declared {
  /** Empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** Null where the file says none. */
  readonly namespace: string | null;
  readonly name: string;
}

/** All that one look found. */
export interface Facts {
  readonly clusters: readonly ClusterFacts[];
  readonly past: Past;
  /** Why Git could not be asked; null when it could. What follows from Git is then `unknown`. */
  readonly git: Words | null;
}

/** What the ledger knows of the unit. */
export interface Past {
  /** The verdict that this release has there already. */
  readonly verdict: string | null;
  /** The release is not the unit's record any more. */
  readonly superseded: boolean;
  /** The release before it was delivered. */
  readonly delivered: boolean;
  /** The release before it had the same version with other content. */
  readonly sameVersion: boolean;
}

export interface ClusterFacts {
  readonly cluster: string;
  /** Why it could not be asked; null when it could. There is nothing else then. */
  readonly fault: Words | null;
  readonly followers: readonly FollowerFacts[];
  readonly workloads: readonly WorkloadFacts[];
  /** What the unit declares, but nothing in the cluster was found to be. */
  readonly missing: readonly string[];
}

/** An object of an agent that brings the unit into the cluster. */
export interface FollowerFacts {
  /** `Kustomization flux-system/apps` */
  readonly name: string;
  readonly kind: 'kustomization' | 'helm-release' | 'application';
  /** False when it can't be told whether it concerns the unit at all. */
  readonly certain: boolean;
  /** It holds an object of the unit. */
  readonly holds: boolean;
  readonly suspended: boolean;
  readonly applied: Reach;
  readonly attempted: Reach;
  /** The revision that was attempted last, for people, and to tell one attempt from another. */
  readonly revision: string;
  /** Of the generation that stands there; null when that can't be told yet. */
  readonly ready: boolean | null;
  /** What failed at the revision that was attempted last; null when nothing did, or it is being tried. */
  readonly failing: Words | null;
  /** The failure names an object or a file of the unit. */
  readonly named: boolean;
  /** Nothing but the release's commit stands between what it applied before and what it attempted. */
  readonly alone: boolean;
  /** It was applied, and what fails, or is waited for, came after that. */
  readonly afterwards: boolean;
  /** A chart that the agent builds anew only when its version changes. */
  readonly byVersion: boolean;
}

/** What a pod says of why it is not Ready. */
export interface PodWords extends Words {
  /** It does not pass by waiting: the container can't be started, or ends each time that it is. */
  readonly firm: boolean;
}

/** Whether something was in order before the release. */
export type Before = 'healthy' | 'unhealthy' | 'absent' | 'unknown';

/** A workload of the unit. */
export interface WorkloadFacts {
  /** `Deployment shop/api` */
  readonly name: string;
  readonly generation: number;
  /** The template has the images that the release declares; null when that is so, else what it has instead. */
  readonly foreign: string | null;
  /** All replicas that are asked for are there, of this template, and available. */
  readonly complete: boolean;
  /** Its pods say themselves when they are ready; others count as ready as soon as they run. */
  readonly probed: boolean;
  /** At least one replica is available, or none is asked for. */
  readonly available: boolean;
  /** Its own controller has given up: `ProgressDeadlineExceeded`, a failed Job. */
  readonly stuck: Words | null;
  /** Pods of this template that are not Ready, in their own words. */
  readonly pods: readonly PodWords[];
  /** The pods of its newest template were made since the release landed. */
  readonly renewed: boolean;
  /** What the cluster shows of the time before the release. */
  readonly before: Before;
  readonly canary: CanaryFacts | null;
}

/** Flagger's Canary of a workload. */
export interface CanaryFacts {
  readonly name: string;
  readonly phase: string | null;
  readonly lastAppliedSpec: string | null;
  readonly lastPromotedSpec: string | null;
  readonly suspended: boolean;
  /** The release changes what Flagger may watch beside the template: it takes a moment until the phase says so. */
  readonly watched: boolean;
  /** Milliseconds between two steps of its analysis. */
  readonly interval: number;
  /** What Flagger says of its end. */
  readonly words: string;
  /** The workload that takes the traffic; null while there is none. */
  readonly primary: Primary | null;
}

export interface Primary {
  /** Its pods are told to be what those of the target are told to be. */
  readonly promoted: boolean;
  readonly complete: boolean;
  readonly available: boolean;
  readonly pods: readonly PodWords[];
}

const before = z.enum(['healthy', 'unhealthy', 'absent', 'unknown']);

/** What a look hands to the next one for the judge. Small: it stands in the table. */
export const memory = z.object({
  /** By cluster: how things stood before the agent applied the release; an object that is not named was not there. */
  baseline: z.record(
    z.string(),
    z.object({ followers: z.record(z.string(), z.boolean()), workloads: z.record(z.string(), before) }),
  ),
  /** By `<cluster> <workload>`: what the cluster showed first of the time before the release. */
  evidence: z.record(z.string(), before),
  /** What was seen failing, and since when (milliseconds since 1970). */
  suspicions: z.record(z.string(), z.number()),
});

export type Memory = z.infer<typeof memory>;

export const NOTHING_REMEMBERED: Memory = { baseline: {}, evidence: {}, suspicions: {} };
