import * as z from 'zod';
import type { KubeObject } from '../../../shared/agent/cluster.ts';
import { text } from '../../../shared/agent/field.ts';
import { words } from './finding.ts';

/** A field of an object, and who wrote it last. */
export interface Owned {
  /** `spec.template.spec.containers[name=shop].image` */
  readonly path: string;
  readonly manager: string;
  /** ISO 8601. */
  readonly at: string | null;
}

const entry = z.object({ manager: text, time: text, subresource: text, fieldsV1: z.unknown().optional() });

/** An object holds some 1.5 MiB, most of which may be this. */
const MOST = 5000;
const DEEPEST = 40;

/** What each manager wrote of an object, status excepted. */
export function ownersOf({ metadata }: KubeObject): readonly Owned[] {
  const all: Owned[] = [];
  for (const value of metadata.managedFields ?? []) {
    const { manager, time, subresource, fieldsV1 } = entry.safeParse(value).data ?? {};
    if (!manager || subresource === 'status') continue;
    for (const path of leaves(fieldsV1, '', 0)) {
      if (all.length >= MOST) return all;
      if (!path.startsWith('status')) all.push({ path, manager: words(manager), at: isTime(time) ? time : null });
    }
  }
  return all;
}

function isTime(value: string | null | undefined): value is string {
  return value != null && !Number.isNaN(Date.parse(value));
}

/** `f:<field>`, `k:<keys of an entry>`, `v:<value of a set>`, `i:<index>`; `.` is the field itself. */
function* leaves(value: unknown, path: string, depth: number): Generator<string> {
  const inner = depth < DEEPEST && typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const named = inner.filter(([key]) => key !== '.');
  if (named.length === 0 && path !== '') yield words(path);
  for (const [key, below] of named) {
    const name = key.slice(2);
    if (key.startsWith('f:')) yield* leaves(below, path === '' ? name : `${path}.${name}`, depth + 1);
    else if (key.startsWith('k:')) yield* leaves(below, `${path}[${keysOf(name)}]`, depth + 1);
    else if (key.startsWith('i:') || key.startsWith('v:')) yield words(`${path}[]`);
  }
}

function keysOf(json: string): string {
  try {
    const keys: unknown = JSON.parse(json);
    if (typeof keys !== 'object' || keys === null) return '';
    return Object.entries(keys)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
  } catch {
    return '';
  }
}

/** What people change objects with: kubectl under all its names, and programs with a window. */
const PEOPLE = /^(?:kubectl|oc$|k9s|lens|freelens|node-fetch|openlens|headlamp|dashboard|octant|rancher|Mozilla)/iu;
/** A restart writes it, and changes nothing that was declared. */
const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
/** What kubectl keeps for itself. */
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Fields that a person wrote and that nobody wrote after: an agent that applies its object takes them from kubectl. */
export function writtenByPeople(owners: readonly Owned[]): readonly Owned[] {
  const others = new Set(owners.filter(({ manager }) => !PEOPLE.test(manager)).map(({ path }) => path));
  return owners.filter(
    ({ path, manager }) =>
      PEOPLE.test(manager) && !others.has(path) && !path.endsWith(RESTARTED) && !path.endsWith(APPLIED),
  );
}

/** Those whose business it is to change what others declared; the agents themselves among them. */
const CONTROLLERS =
  /^(?:flagger|kube-controller-manager|kube-scheduler|kubelet|cloud-controller-manager|kustomize-controller|helm-controller|argocd-[\w-]+|keda[\w-]*|vpa-[\w-]+|cainjector|cert-manager-cainjector)$/u;

export function isController(manager: string): boolean {
  return CONTROLLERS.test(manager);
}

/** Who wrote a field, or what it stands in or holds; null when nobody did, as of one that was taken out. */
export function ownerOf(path: string, owners: readonly Owned[]): Owned | null {
  const plain = (text: string): string => text.replaceAll(/\[[^\]]*\]/gu, '[]');
  const bare = plain(path);
  return (
    owners.find((one) => one.path === path) ??
    owners.find((one) => plain(one.path) === bare) ??
    owners.find((one) => path.startsWith(`${one.path}.`) || path.startsWith(`${one.path}[`)) ??
    null
  );
}
