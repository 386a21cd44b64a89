import * as z from 'zod';
import type { KubeObject } from '../../../shared/agent/cluster.ts';
import { count, fields, listOf } from '../../../shared/agent/field.ts';

const probed = z.object({
  spec: fields({
    minReadySeconds: count,
    template: fields({
      spec: fields({
        containers: listOf(z.object({ readinessProbe: z.unknown().optional(), startupProbe: z.unknown().optional() })),
      }),
    }),
  }),
});

/** Whether the pods tell by themselves when they are ready, or have to run for some time before they count. */
export function isProbed(object: KubeObject): boolean {
  const { minReadySeconds, template } = probed.parse(object).spec;
  if ((minReadySeconds ?? 0) > 0) return true;
  const { containers } = template.spec;
  return containers.length > 0 && containers.every((one) => Boolean(one.readinessProbe ?? one.startupProbe));
}
