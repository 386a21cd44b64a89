import type { Cluster, KubeObject, ObjectRef } from '../../shared/agent/cluster.ts';
import { keyOf, refOf } from '../../shared/agent/field.ts';
import type { FerryError } from '../../shared/errors.ts';

/** A cluster without a server: what is put into it is what it holds. */
export interface MemoryCluster extends Cluster {
  /** What was asked of it, `list apps/v1 Deployment shop`. */
  readonly asked: string[];
  /** While it is set, all that is asked throws it. */
  fault: FerryError | null;
  /** Puts objects in the place of those of the same name. */
  put(...objects: readonly KubeObject[]): void;
  remove(ref: ObjectRef): void;
}

export function memoryCluster(name = 'test', ...objects: readonly KubeObject[]): MemoryCluster {
  const held = new Map<string, KubeObject>();
  let version = 0;
  const put = (object: KubeObject): void => {
    version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(version) };
    held.set(keyOf(refOf(object)), { ...object, metadata });
  };
  const ask = (words: readonly (string | undefined)[]): void => {
    cluster.asked.push(words.filter((word) => word !== undefined && word !== '').join(' '));
    if (cluster.fault !== null) throw cluster.fault;
  };
  const cluster: MemoryCluster = {
    name,
    asked: [],
    fault: null,
    put: (...more) => more.forEach(put),
    remove: (ref) => void held.delete(keyOf(ref)),
    async get(ref) {
      ask(['get', ref.apiVersion, ref.kind, ref.namespace ?? '', ref.name]);
      return held.get(keyOf(ref)) ?? null;
    },
    async list(apiVersion, kind, within = {}) {
      ask(['list', apiVersion, kind, within.namespace, within.labels]);
      return [...held.values()].filter(
        (object) =>
          object.apiVersion === apiVersion &&
          object.kind === kind &&
          (within.namespace === undefined || object.metadata.namespace === within.namespace) &&
          hasLabels(object, within.labels),
      );
    },
    async annotate(object, annotations) {
      ask(['annotate', object.kind, object.metadata.namespace, object.metadata.name]);
      const present = held.get(keyOf(refOf(object)));
      if (present?.metadata.resourceVersion !== object.metadata.resourceVersion || present === undefined) return false;
      const merged = { ...present.metadata.annotations, ...annotations };
      put({ ...present, metadata: { ...present.metadata, annotations: merged } });
      return true;
    },
    async dryRun(object) {
      ask(['dry-run', object.kind, object.metadata.namespace, object.metadata.name]);
      return held.get(keyOf(refOf(object))) ?? object;
    },
  };
  cluster.put(...objects);
  return cluster;
}

/** Selectors of the form `a=b,c=d`. */
function hasLabels({ metadata }: KubeObject, selector: string | undefined): boolean {
  return (selector ?? '').split(',').every((one) => {
    const [key = '', value] = one.split('=');
    return key === '' || metadata.labels?.[key] === value;
  });
}
