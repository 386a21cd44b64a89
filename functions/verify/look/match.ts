import type { ObjectRef } from '../../../shared/agent/cluster.ts';
import type { Declared } from '../facts.ts';

/** What of the unit was found among the objects that its agents hold, and what was not. */
export interface Matched {
  readonly found: readonly ObjectRef[];
  readonly missing: readonly Declared[];
}

/**
 * Finds what the unit declares among what was applied. Kustomize may add to a name, before it or behind it, and may set
 * the namespace: so the same name counts first, and else one that is longer, if there is no other such.
 */
export function matchOwn(objects: readonly Declared[], held: readonly ObjectRef[]): Matched {
  const found: ObjectRef[] = [];
  const missing: Declared[] = [];
  for (const one of objects) {
    const alike = held.filter(({ apiVersion, kind }) => kind === one.kind && groupOf(apiVersion) === one.group);
    const matched = bestOf(one, alike);
    if (matched.length === 0) missing.push(one);
    found.push(...matched);
  }
  return { found: [...new Set(found)], missing };
}

function bestOf({ name, namespace }: Declared, alike: readonly ObjectRef[]): readonly ObjectRef[] {
  const same = alike.filter((ref) => ref.name === name);
  const here = same.filter((ref) => namespace !== null && ref.namespace === namespace);
  if (here.length > 0) return here;
  if (same.length > 0) return same;
  const longer = alike.filter((ref) => ref.name.startsWith(name) || ref.name.endsWith(name));
  return longer.length === 1 ? longer : [];
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}
