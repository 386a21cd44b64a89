import * as z from 'zod';
import type { Cluster } from '../../shared/agent/cluster.ts';
import { FLUX, REQUESTED_AT, readHelmRelease, readKustomization } from '../../shared/agent/flux.ts';
import { Retryable } from '../../shared/errors.ts';

const name = z.string().max(253);
const kustomization = z.object({
  apiVersion: z.literal(FLUX.kustomization.apiVersion),
  kind: z.literal(FLUX.kustomization.kind),
  namespace: name,
  name,
});
const helmRelease = kustomization.extend({
  apiVersion: z.literal(FLUX.helmRelease.apiVersion),
  kind: z.literal(FLUX.helmRelease.kind),
});
const envelope = z.object({
  source: z.literal('gitferry'),
  'detail-type': z.literal('Converge'),
  detail: z.object({ deployment: z.string(), cluster: z.string(), object: z.union([kustomization, helmRelease]) }),
});

/** That an object of Flux is to apply again what it applied before. */
export type Converge = z.infer<typeof envelope>['detail'];

/** Reads an event of the bus; null for any other than a `Converge` of this deployment. */
export function convergeOf(event: unknown, deployment: string): Converge | null {
  const detail = envelope.safeParse(event).data?.detail ?? null;
  return detail?.deployment === deployment ? detail : null;
}

interface ConvergeDeps {
  readonly clusters: readonly Cluster[];
  readonly now: () => Date;
  readonly log: (message: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** How often an object that changes at the same time is read again. */
const ATTEMPTS = 5;

/**
 * Asks Flux to apply again. One that a person suspended is left alone, and one that is not there any more is forgotten.
 * @throws what a Cluster throws
 */
export async function applyAgain({ cluster: name, object: ref }: Converge, deps: ConvergeDeps): Promise<void> {
  const cluster = deps.clusters.find((one) => one.name === name);
  const done = (what: string): void => deps.log(what, { cluster: name, object: ref });
  if (cluster === undefined) return done('no such cluster');
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const object = await cluster.get(ref);
    if (object === null) return done('not there any more');
    const { suspend } = (object.kind === FLUX.kustomization.kind ? readKustomization : readHelmRelease)(object).spec;
    if (suspend) return done('suspended, and left alone');
    if (await cluster.annotate(object, { [REQUESTED_AT]: deps.now().toISOString() }))
      return done('asked to apply again');
  }
  throw new Retryable('ClusterBusy', `${ref.kind} ${ref.namespace}/${ref.name} of ${name} changes all the time.`, {
    hint: 'It will be tried again.',
    facts: { cluster: name },
  });
}
