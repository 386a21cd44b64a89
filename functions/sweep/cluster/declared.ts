import * as z from 'zod';
import type { KubeObject, ObjectRef } from '../../../shared/agent/cluster.ts';
import { normalPath } from '../../../shared/agent/concern.ts';
import { keyOf, refOf } from '../../../shared/agent/field.ts';
import { readObject } from '../../../shared/agent/object.ts';
import { Rejected } from '../../../shared/errors.ts';
import type { Draft } from '../../../shared/git/draft.ts';
import { FOLDER } from '../../../shared/git/tree.ts';
import { readDocuments } from '../../../shared/manifest/documents.ts';

/** Files of one folder that are read, and characters of them. */
const FILES = 1000;
const CHARACTERS = 8 * 2 ** 20;
const DEEPEST = 20;

const KUSTOMIZATION = /^(?:kustomization\.ya?ml|Kustomization)$/u;
const YAML = /\.ya?ml$/iu;
/** What a kustomization may hold without changing what it brings in; a namespace is known from the cluster. */
const PLAIN: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'resources', 'namespace']);

const kustomization = z.looseObject({ resources: z.array(z.string()).default([]) });
const identified = z.looseObject({ apiVersion: z.string().max(300), kind: z.string().max(300) });

/**
 * The manifests that a folder stands for at a commit, as far as they can be known without building them: files that
 * kustomize brings in as they are. Null where it would change any of them (patches, images, prefixes, generators, a
 * remote), or there is too much. Throws what Git throws.
 */
export async function manifestsOf(draft: Draft, folder: string): Promise<readonly KubeObject[] | null> {
  const files = await filesOf(draft, folder, 0);
  if (files === null || files.length > FILES) return null;
  const manifests: KubeObject[] = [];
  let characters = 0;
  for (const bytes of (await draft.read(files)).values()) {
    const text = Buffer.from(bytes).toString();
    characters += text.length;
    const documents = characters > CHARACTERS ? null : documentsOf(text);
    if (documents === null) return null;
    manifests.push(...documents);
  }
  return manifests;
}

/** As kustomize-controller does where a folder has no kustomization: every manifest below it, at any depth. */
async function filesOf(draft: Draft, folder: string, depth: number): Promise<readonly string[] | null> {
  const inside = (name: string): string => (folder === '' ? name : `${folder}/${name}`);
  await draft.open([inside('-')]);
  const entries = [...draft.list(folder)];
  const own = entries.find(([name]) => KUSTOMIZATION.test(name));
  if (own !== undefined) return named(draft, folder, inside(own[0]), depth);
  const files: string[] = [];
  for (const [name, { mode }] of entries) {
    if (mode.startsWith('100') && YAML.test(name) && !name.startsWith('.')) files.push(inside(name));
    if (mode !== FOLDER || name.startsWith('.')) continue;
    const below = depth < DEEPEST ? await filesOf(draft, inside(name), depth + 1) : null;
    if (below === null || files.length + below.length > FILES) return null;
    files.push(...below);
  }
  return files;
}

async function named(draft: Draft, folder: string, path: string, depth: number): Promise<readonly string[] | null> {
  const [value, ...more] = valuesOf((await draft.read([path])).get(path)) ?? [];
  const read = kustomization.safeParse(value).data;
  if (read === undefined || more.length > 0 || Object.keys(read).some((key) => !PLAIN.has(key))) return null;
  const files: string[] = [];
  for (const resource of read.resources) {
    const target = /[:?]/u.test(resource) ? null : normalPath(`${folder}/${resource}`);
    if (target === null || depth >= DEEPEST) return null;
    await draft.open([target]);
    const mode = draft.entry(target)?.mode;
    const below = mode === FOLDER ? await filesOf(draft, target, depth + 1) : mode?.startsWith('100') ? [target] : null;
    if (below === null || files.length + below.length > FILES) return null;
    files.push(...below);
  }
  return files;
}

function valuesOf(bytes: Uint8Array | undefined): readonly unknown[] | null {
  try {
    return bytes === undefined ? null : readDocuments(Buffer.from(bytes).toString());
  } catch (error) {
    if (error instanceof Rejected) return null;
    throw error;
  }
}

/** Null where anything is no manifest; what is encrypted is left out. */
function documentsOf(text: string): readonly KubeObject[] | null {
  const found: KubeObject[] = [];
  const values = valuesOf(Buffer.from(text));
  if (values === null) return null;
  for (const value of values) {
    if (value === null) continue;
    const { apiVersion, kind } = identified.safeParse(value).data ?? {};
    const object = apiVersion === undefined || kind === undefined ? null : readObject(value, apiVersion, kind);
    if (object === null) return null;
    if (!('sops' in object)) found.push(object);
  }
  return found;
}

/** The manifest of an object that was applied: kustomize may have set its namespace, and nothing else. */
export function manifestFor(ref: ObjectRef, manifests: readonly KubeObject[]): KubeObject | null {
  const alike = manifests.filter((one) => keyOf({ ...refOf(one), namespace: ref.namespace }) === keyOf(ref));
  const exact = alike.filter((one) => one.metadata.namespace === ref.namespace);
  const [found, ...more] = exact.length > 0 ? exact : alike;
  if (found === undefined || more.length > 0 || found.apiVersion !== ref.apiVersion) return null;
  return { ...found, metadata: { ...found.metadata, namespace: ref.namespace ?? undefined } };
}
