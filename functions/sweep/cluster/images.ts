import type { Cluster, KubeObject } from '../../../shared/agent/cluster.ts';
import { podsOf, readWorkload, WORKLOADS } from '../../../shared/agent/workload.ts';
import { parseImage } from '../../../shared/image/image.ts';
import { words } from './finding.ts';
import { isController, type Owned } from './owners.ts';

/** A container that has another image than it should, as a sentence says it. */
export interface Foreign {
  readonly container: string;
  readonly message: string;
}

export function isWorkload({ apiVersion, kind }: KubeObject): boolean {
  return WORKLOADS.some((one) => one.apiVersion === apiVersion && one.kind === kind);
}

/**
 * Containers of a template whose image is not the manifest's, unless an agent or a controller wrote it so: admission may
 * have made it another one when the agent applied it.
 */
export function foreignImages(live: KubeObject, manifest: KubeObject, owners: readonly Owned[]): Foreign[] {
  const declared = new Map(readWorkload(manifest).images.map(({ container, image }) => [container, image]));
  return readWorkload(live).images.flatMap(({ container, image }) => {
    const should = declared.get(container);
    if (container === null || should === undefined || should === image) return [];
    const owner = imageOwner(container, owners);
    if (owner !== null && isController(owner.manager)) return [];
    const by = owner === null ? '' : ` (by ${owner.manager}${owner.at === null ? '' : ` at ${owner.at}`})`;
    const message = `its container ${words(container)} has ${words(image)} where Git says ${words(should)}${by}`;
    return [{ container, message }];
  });
}

function imageOwner(container: string, owners: readonly Owned[]): Owned | null {
  const at = (list: string): string => `spec.template.spec.${list}[name=${container}].image`;
  return owners.find(({ path }) => path === at('containers') || path === at('initContainers')) ?? null;
}

/** Lists are asked for once, of a whole namespace: whose pods they are is told by their owners. */
export function oncePerNamespace(cluster: Cluster): Cluster {
  const known = new Map<string, Promise<readonly KubeObject[]>>();
  return {
    name: cluster.name,
    get: (ref) => cluster.get(ref),
    annotate: (object, annotations) => cluster.annotate(object, annotations),
    dryRun: (object, manager) => cluster.dryRun(object, manager),
    list(apiVersion, kind, { namespace } = {}) {
      const key = `${apiVersion} ${kind} ${namespace ?? ''}`;
      const list = known.get(key) ?? cluster.list(apiVersion, kind, namespace === undefined ? {} : { namespace });
      known.set(key, list);
      return list;
    },
  };
}

/**
 * Containers of the newest template's pods that run another digest than the one that it is pinned to. A runtime that says
 * by the name of the image that it is the pinned one is believed: it may call its content by another digest. Null while its
 * pods are being replaced.
 */
export async function foreignPods(cluster: Cluster, live: KubeObject): Promise<Foreign[] | null> {
  const workload = readWorkload(live);
  const pinned = workload.images.flatMap(({ container, image }) => {
    const parsed = parseImage(image);
    return container === null || parsed?.digest == null ? [] : [{ container, ...parsed, digest: parsed.digest }];
  });
  if (pinned.length === 0) return [];
  if (workload.rollout !== 'complete') return null;
  const pods = (await podsOf(cluster, workload)).filter(({ current, going }) => current === true && !going);
  return pinned.flatMap(({ container, image, digest }) => {
    const other = pods
      .flatMap(({ running }) => running)
      .find(
        (one) =>
          one.container === container &&
          one.digest !== null &&
          one.digest !== digest &&
          !one.image?.includes(digest) &&
          parseImage(one.imageId?.replace(/^[\w-]+:\/\//u, '') ?? '')?.image === image,
      );
    if (other === undefined) return [];
    const message = `pods run ${other.digest} in its container ${words(container)}, which is pinned to ${digest}`;
    return [{ container, message }];
  });
}
