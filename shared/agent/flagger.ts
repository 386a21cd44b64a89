import * as z from 'zod';
import type { Cluster, KubeObject, ObjectRef } from './cluster.ts';
import { type Condition, conditions, count, fields, flag, part, refOf, text } from './field.ts';

export const CANARY = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary' } as const;

/** Milliseconds. Flagger takes the first where it can't read any, and the second for whatever is shorter. */
const UNREADABLE = 60_000;
const SHORTEST = 10_000;

const analysis = part({ interval: text });
const canary = z.object({
  spec: fields({
    targetRef: part({ apiVersion: text, kind: text, name: text }),
    analysis,
    /** As older ones call it. */
    canaryAnalysis: analysis,
    suspend: flag,
    skipAnalysis: flag,
    progressDeadlineSeconds: count,
  }),
  status: fields({
    phase: text,
    failedChecks: count,
    canaryWeight: count,
    iterations: count,
    lastAppliedSpec: text,
    lastPromotedSpec: text,
    lastTransitionTime: text,
    conditions,
  }),
});

/** A Canary as it stands; texts are Flagger's own. */
export interface Canary {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  /** The workload that is released by it. */
  readonly target: ObjectRef | null;
  /** The workload that takes the traffic, once Flagger has made it. */
  readonly primary: ObjectRef | null;
  /** `Initializing`, `Initialized`, `Waiting`, `Progressing`, `Promoting`, `Finalising`, `Succeeded`, `Failed`, … */
  readonly phase: string | null;
  /** Hashes of the target's template. */
  readonly lastAppliedSpec: string | null;
  readonly lastPromotedSpec: string | null;
  readonly failedChecks: number | null;
  readonly weight: number | null;
  readonly iterations: number | null;
  readonly conditions: readonly Condition[];
  /** Between two steps, in milliseconds. */
  readonly interval: number;
  readonly suspended: boolean;
  readonly skipAnalysis: boolean;
}

/** What Flagger's Canary says; null for what it does not. */
export function readCanary(object: KubeObject): Canary {
  const { spec, status } = canary.parse(object);
  const namespace = object.metadata.namespace ?? null;
  const { apiVersion, kind, name } = spec.targetRef ?? { apiVersion: null, kind: null, name: null };
  const target =
    name === null ? null : { apiVersion: apiVersion ?? 'apps/v1', kind: kind ?? 'Deployment', namespace, name };
  return {
    ref: refOf(object),
    object,
    target,
    // A DaemonSet and a Deployment have one; a Service is only routed.
    primary: target === null ? null : { ...target, name: `${target.name}-primary` },
    phase: status.phase || null,
    lastAppliedSpec: status.lastAppliedSpec || null,
    lastPromotedSpec: status.lastPromotedSpec || null,
    failedChecks: status.failedChecks,
    weight: status.canaryWeight,
    iterations: status.iterations,
    conditions: status.conditions,
    interval: intervalOf((spec.analysis ?? spec.canaryAnalysis)?.interval ?? null),
    suspended: spec.suspend,
    skipAnalysis: spec.skipAnalysis,
  };
}

/** The Canaries of a namespace; none where Flagger is not installed. Throws what the cluster's list throws. */
export async function canariesOf(cluster: Cluster, namespace: string): Promise<readonly Canary[]> {
  return (await cluster.list(CANARY.apiVersion, CANARY.kind, { namespace })).map(readCanary);
}

function intervalOf(text: string | null): number {
  const interval = text === null ? null : milliseconds(text);
  return interval === null ? UNREADABLE : Math.max(interval, SHORTEST);
}

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** A duration as Go writes it: `1m30s`. Null for any other text. */
export function milliseconds(text: string): number | null {
  if (text.length > 50 || !/^(?:\d+(?:\.\d+)?(?:h|ms|m|s|us|µs|ns))+$/u.test(text)) return null;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/gu)];
  return parts.reduce((sum, [, value, unit = '']) => sum + Number(value) * (UNITS[unit] ?? 0), 0);
}
