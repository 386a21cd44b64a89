import type { KubeObject } from '../../../shared/agent/cluster.ts';

/** So many fields say enough. */
const MOST = 50;
const DEEPEST = 60;

/**
 * The fields in which an object is not what applying its manifest would make of it, as `spec.replicas` or
 * `spec.template.spec.containers[name=shop].image`. Of its metadata only labels and annotations that the manifest declares count.
 */
export function differences(live: KubeObject, applied: KubeObject, manifest: KubeObject): readonly string[] {
  const found: string[] = [];
  const top = new Set([...Object.keys(live), ...Object.keys(applied)]);
  for (const key of top)
    if (!/^(?:apiVersion|kind|metadata|status)$/u.test(key)) compare(at(live, key), at(applied, key), key, found, 0);
  for (const key of ['labels', 'annotations'] as const)
    for (const name of Object.keys(manifest.metadata[key] ?? {}))
      if (live.metadata[key]?.[name] !== applied.metadata[key]?.[name]) found.push(`metadata.${key}.${name}`);
  return found.slice(0, MOST);
}

function at(value: unknown, key: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[key];
}

function compare(one: unknown, other: unknown, path: string, found: string[], depth: number): void {
  if (found.length >= MOST || one === other) return;
  if (depth < DEEPEST && Array.isArray(one) && Array.isArray(other)) {
    const [left, right] = [named(one), named(other)];
    for (const key of new Set([...left.keys(), ...right.keys()]))
      compare(left.get(key), right.get(key), `${path}[${key}]`, found, depth + 1);
    return;
  }
  if (depth < DEEPEST && isMap(one) && isMap(other)) {
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
      compare(one[key], other[key], `${path}.${key}`, found, depth + 1);
    return;
  }
  if (JSON.stringify(one) !== JSON.stringify(other)) found.push(path);
}

/** Entries by their name where each has one of its own, as the API server merges them; else by their place. */
function named(list: readonly unknown[]): ReadonlyMap<string, unknown> {
  const names = list.map((one) => (isMap(one) && typeof one.name === 'string' ? `name=${one.name}` : null));
  const unique = !names.includes(null) && new Set(names).size === names.length;
  return new Map(list.map((one, index) => [unique ? (names[index] ?? '') : String(index), one]));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
