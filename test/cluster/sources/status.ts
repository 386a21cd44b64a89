import type { Resource } from '../follow.ts';
import { timestamp } from './artifacts.ts';

/** The annotation by which Flux is asked to look at once. */
export const REQUESTED = 'reconcile.fluxcd.io/requestedAt';

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** Conditions as the status takes them: the time of transition stays where nothing changed. */
export function conditions(object: Resource, wanted: readonly Condition[]): readonly object[] {
  const old: readonly (Condition & { lastTransitionTime: string })[] = object.status?.conditions ?? [];
  return wanted.map((condition) => {
    const before = old.find(({ type, status }) => type === condition.type && status === condition.status);
    const lastTransitionTime = before?.lastTransitionTime ?? timestamp();
    return { ...condition, lastTransitionTime, observedGeneration: object.metadata.generation };
  });
}

/** What every pass ends with, whether it came to something or not. */
export function handled(object: Resource): object {
  const requested = object.metadata.annotations?.[REQUESTED];
  return {
    observedGeneration: object.metadata.generation,
    ...(requested === undefined ? {} : { lastHandledReconcileAt: requested }),
  };
}

export function succeeded(object: Resource, reason: string, message: string): readonly object[] {
  return conditions(object, [
    { type: 'Ready', status: 'True', reason, message },
    { type: 'ArtifactInStorage', status: 'True', reason, message },
  ]);
}

/** As Flux does, the artifact that is there stays. */
export function failed(object: Resource, reason: string, message: string): readonly object[] {
  return conditions(object, [
    { type: 'Ready', status: 'False', reason, message },
    { type: 'FetchFailed', status: 'True', reason, message },
    ...(object.status?.artifact === undefined
      ? []
      : [{ type: 'ArtifactInStorage', status: 'True', reason: 'Succeeded', message: 'stored artifact' } as const]),
  ]);
}

/** Whether somebody asks for a pass: a new object, a new specification, a new request. */
export function asksForPass(object: Resource): boolean {
  if (object.spec.suspend === true || object.metadata.deletionTimestamp !== undefined) return false;
  const requested = object.metadata.annotations?.[REQUESTED];
  return (
    object.status?.observedGeneration !== object.metadata.generation ||
    (requested !== undefined && requested !== object.status?.lastHandledReconcileAt)
  );
}

/** Milliseconds of a duration as Go writes it: `1h30m`, `500ms`. */
export function milliseconds(duration: string): number {
  const units: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  return [...duration.matchAll(/([\d.]+)(ms|[hms])/gu)].reduce((sum, [, count, unit]) => {
    return sum + Number(count) * (units[unit ?? ''] ?? 0);
  }, 0);
}
