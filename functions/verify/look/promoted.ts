import type { KubeObject } from '../../../shared/agent/cluster.ts';

/** What Flagger writes anew for a primary, so that it never is as the target's. */
const REWRITTEN: ReadonlySet<string> = new Set(['affinity', 'topologySpreadConstraints']);
/** It copies ConfigMaps and Secrets under such a name, and its own id beside the annotations. */
const SUFFIX = /-primary$/u;

/**
 * Whether the primary's pods are told to be what the target's are: Flagger copies a template when it promotes it, and at
 * no other time. Compared is what stands in both, so that no hash or time of Flagger's is needed.
 */
export function isPromoted(target: KubeObject, primary: KubeObject): boolean {
  const [wanted, had] = [templateOf(target), templateOf(primary)];
  if (wanted === null || had === null) return false;
  const annotations = Object.entries(wanted.annotations);
  return annotations.every(([key, value]) => had.annotations[key] === value) && same(wanted.spec, had.spec);
}

interface Template {
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

function templateOf({ spec }: KubeObject): Template | null {
  const template = mapOf(mapOf(spec)?.template);
  const inner = mapOf(template?.spec);
  if (template === null || inner === null) return null;
  const kept = Object.entries(inner).filter(([key]) => !REWRITTEN.has(key));
  return { annotations: mapOf(mapOf(template.metadata)?.annotations) ?? {}, spec: Object.fromEntries(kept) };
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> | null {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? (value as Readonly<Record<string, unknown>>) : null;
}

function same(one: unknown, other: unknown): boolean {
  if (typeof one === 'string' && typeof other === 'string') return one === other || one === other.replace(SUFFIX, '');
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, index) => same(item, other[index]));
  const [a, b] = [mapOf(one), mapOf(other)];
  if (a === null || b === null) return one === other;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}
