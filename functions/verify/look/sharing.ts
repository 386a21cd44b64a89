import type { Cluster, KubeObject } from '../../../shared/agent/cluster.ts';
import { keyOf } from '../../../shared/agent/field.ts';

/** A cluster whose answers are shared by all that is looked at together: nothing is asked for twice in one invocation. */
export function sharing(cluster: Cluster): Cluster {
  const lists = new Map<string, Promise<readonly KubeObject[]>>();
  const objects = new Map<string, Promise<KubeObject | null>>();
  return {
    name: cluster.name,
    get: (ref) => once(objects, keyOf(ref), () => cluster.get(ref)),
    list: (apiVersion, kind, within) =>
      once(lists, JSON.stringify([apiVersion, kind, within?.namespace, within?.labels]), () =>
        cluster.list(apiVersion, kind, within),
      ),
    annotate: (object, annotations) => cluster.annotate(object, annotations),
    dryRun: (object, manager) => cluster.dryRun(object, manager),
  };
}

function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const answer = known.get(key) ?? ask();
  known.set(key, answer);
  return answer;
}
