import * as z from 'zod';
import type { KubeObject } from '../../../shared/agent/cluster.ts';
import { conditionOf, conditions, fields } from '../../../shared/agent/field.ts';
import type { WorkloadFacts } from '../facts.ts';
import { isMadeSince } from './evidence.ts';

const job = z.object({ status: fields({ conditions }) });

export function isJob({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): boolean {
  return apiVersion === 'batch/v1' && kind === 'Job';
}

/** A Job ends once: it is rolled out when it has. */
export function jobFacts(object: KubeObject, landedAt: number): WorkloadFacts {
  const { metadata } = object;
  const { status } = job.parse(object);
  const complete = conditionOf(status.conditions, 'Complete')?.status === 'True';
  const failed = conditionOf(status.conditions, 'Failed');
  const stuck = failed?.status === 'True' ? failed : null;
  return {
    name: `Job ${metadata.namespace}/${metadata.name}`,
    generation: metadata.generation ?? 0,
    foreign: null,
    complete,
    probed: true,
    available: complete,
    stuck: stuck === null ? null : { reason: stuck.reason ?? 'Failed', message: stuck.message ?? '' },
    pods: [],
    renewed: false,
    before: isMadeSince(object, landedAt) ? 'absent' : 'unknown',
    canary: null,
  };
}
