import type { Cluster, KubeObject } from '../../shared/agent/cluster.ts';
import { isSame, refOf } from '../../shared/agent/field.ts';

export interface FakeCluster extends Cluster {
  readonly objects: KubeObject[];
  /** What was set: `<kind> <name> <key>=<value>`. */
  readonly annotated: string[];
  readonly listed: string[];
  /** Called before each request; throws what the cluster is to throw, or changes what it holds. */
  before: (request: string) => void;
}

/** A cluster in memory that keeps versions as an API server does. */
export function fakeCluster(name: string, given: readonly KubeObject[]): FakeCluster {
  let version = 1;
  const stamp = (one: KubeObject): KubeObject => {
    version += 1;
    return { ...one, metadata: { ...one.metadata, resourceVersion: String(version) } };
  };
  const fake: FakeCluster = {
    name,
    objects: given.map(stamp),
    annotated: [],
    listed: [],
    before: () => {},
    get: async (ref) => {
      fake.before(`get ${ref.kind} ${ref.name}`);
      return fake.objects.find((one) => isSame(refOf(one), ref)) ?? null;
    },
    list: async (apiVersion, kind, { namespace } = {}) => {
      fake.before(`list ${kind}`);
      fake.listed.push(kind);
      return fake.objects.filter((one) => {
        const { metadata } = one;
        return (
          one.apiVersion === apiVersion && one.kind === kind && (namespace ?? metadata.namespace) === metadata.namespace
        );
      });
    },
    annotate: async (object, annotations) => {
      fake.before(`annotate ${object.kind} ${object.metadata.name}`);
      const index = fake.objects.findIndex((one) => isSame(refOf(one), refOf(object)));
      const held = fake.objects[index];
      if (held === undefined || held.metadata.resourceVersion !== object.metadata.resourceVersion) return false;
      for (const [key, value] of Object.entries(annotations))
        fake.annotated.push(`${object.kind} ${object.metadata.name} ${key}=${value}`);
      const merged = { ...held.metadata.annotations, ...annotations };
      fake.objects[index] = stamp({ ...held, metadata: { ...held.metadata, annotations: merged } });
      return true;
    },
    dryRun: async () => {
      throw new Error('nothing asks for this');
    },
  };
  return fake;
}

/** Changes an object as somebody else would. */
export function touch(fake: FakeCluster, name: string, change: (one: KubeObject) => KubeObject): void {
  const index = fake.objects.findIndex((one) => one.metadata.name === name);
  const held = fake.objects[index];
  if (held === undefined) throw new Error(`There is no ${name}.`);
  const next = change(held);
  const resourceVersion = `${held.metadata.resourceVersion}x`;
  fake.objects[index] = { ...next, metadata: { ...next.metadata, resourceVersion } };
}
