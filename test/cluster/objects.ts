import {
  ApiException,
  type KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
} from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { follow, type Resource } from './follow.ts';
import { KINDS, type Kind, pathOf } from './kinds.ts';

/** Milliseconds until `until` gives up; a canary takes the better part of a minute. */
const PATIENCE = 120_000;

/** The cluster's objects, as an administrator. */
export interface Objects {
  /** Server-side apply of YAML (any number of documents) or objects, in their order. */
  apply(manifests: string | readonly object[]): Promise<readonly Resource[]>;
  /** Null when there is none. */
  get(kind: Kind, namespace: string, name: string): Promise<Resource | null>;
  list(kind: Kind, namespace: string, labels?: string): Promise<readonly Resource[]>;
  /** A JSON merge patch. */
  patch(kind: Kind, namespace: string, name: string, patch: object): Promise<Resource>;
  delete(kind: Kind, namespace: string, name: string): Promise<void>;
  /** The object as soon as the condition holds; throws with its last state after `patience` milliseconds. */
  until(
    kind: Kind,
    namespace: string,
    name: string,
    condition: (object: Resource) => boolean,
    patience?: number,
  ): Promise<Resource>;
}

/** The status of a condition: `True`, `False`, `Unknown`; undefined when the object has none of that type. */
export function conditionOf(
  object: Resource,
  type: string,
): { status: string; reason: string; message: string } | undefined {
  return object.status?.conditions?.find((one: { type: string }) => one.type === type);
}

/** Whether a Flux object has done what its newest version asks for. */
export function isReady(object: Resource): boolean {
  const { status, metadata } = object;
  return conditionOf(object, 'Ready')?.status === 'True' && status?.observedGeneration === metadata.generation;
}

function refOf(kind: Kind, namespace: string, name: string) {
  return { apiVersion: KINDS[kind][0], kind, metadata: { namespace, name } };
}

/** The client makes dates of timestamps. */
function plain(object: unknown): Resource {
  return JSON.parse(JSON.stringify(object)) as Resource;
}

function absent(error: unknown): null {
  if (error instanceof ApiException && error.code === 404) return null;
  throw error;
}

export function objectsOf(config: KubeConfig): Objects {
  const api = KubernetesObjectApi.makeApiClient(config);
  const patchBy = async (object: object, strategy: PatchStrategy) =>
    plain(
      await api.patch(
        object as KubernetesObject,
        undefined,
        undefined,
        'test',
        strategy === PatchStrategy.ServerSideApply ? true : undefined,
        strategy,
      ),
    );
  return {
    async apply(manifests) {
      const objects =
        typeof manifests === 'string'
          ? parseAllDocuments(manifests).map((document) => document.toJS() as object | null)
          : manifests;
      const applied: Resource[] = [];
      for (const object of objects) {
        if (object !== null) applied.push(await patchBy(object, PatchStrategy.ServerSideApply));
      }
      return applied;
    },
    get: async (kind, namespace, name) => api.read(refOf(kind, namespace, name)).then(plain, absent),
    async list(kind, namespace, labels) {
      const [apiVersion] = KINDS[kind];
      const none = undefined;
      const { items } = await api.list(apiVersion, kind, namespace, none, none, none, none, labels);
      return items.map((item) => ({ ...plain(item), apiVersion, kind }));
    },
    patch: async (kind, namespace, name, patch) =>
      patchBy({ ...patch, ...merged(refOf(kind, namespace, name), patch) }, PatchStrategy.MergePatch),
    async delete(kind, namespace, name) {
      await api.delete(refOf(kind, namespace, name)).catch(absent);
    },
    async until(kind, namespace, name, condition, patience = PATIENCE) {
      const stop = new AbortController();
      const { promise, resolve, reject } = Promise.withResolvers<Resource>();
      let last: Resource | null = null;
      const timer = setTimeout(() => {
        const state = last === null ? 'there is none' : JSON.stringify(last.status ?? last, null, 1);
        reject(new Error(`${kind} ${namespace}/${name} is not as awaited after ${patience} ms: ${state}`));
      }, patience);
      const tell = (event: string, object: Resource) => {
        last = event === 'DELETED' ? null : object;
        try {
          if (last !== null && condition(last)) resolve(last);
        } catch (error) {
          reject(error);
        }
      };
      const query = { fieldSelector: `metadata.name=${name}` };
      follow(config, pathOf(kind, namespace), tell, { signal: stop.signal, query });
      return promise.finally(() => {
        clearTimeout(timer);
        stop.abort();
      });
    },
  };
}

/** A patch may bring metadata of its own. */
function merged(ref: ReturnType<typeof refOf>, patch: object): object {
  return { ...ref, metadata: { ...('metadata' in patch ? (patch.metadata as object) : {}), ...ref.metadata } };
}
