import { ApiException, CoreV1Api, type KubeConfig, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { follow, type Resource } from './follow.ts';
import { pathOf } from './kinds.ts';
import { type Failure, podStatus } from './pod-status.ts';

/** Node that all pods come to. */
const NODE = 'node-1';

/** Plays scheduler and kubelet: nothing runs, but the API says of pods what it would say if something did. */
export interface Kubelet {
  /**
   * From now on decides which images fail, and how, also for pods that are there. At first, those whose tag ends in `-bad`
   * crash (`CrashLoopBackOff`), which also holds for images that the answer is null for.
   */
  fail(which: (image: string) => Failure | null): Promise<void>;
}

function badTag(image: string): Failure | null {
  if (!/:[^:/@]*-bad(?:@|$)/u.test(image)) return null;
  return { reason: 'CrashLoopBackOff', message: `back-off 40s restarting failed container of ${image}` };
}

/** Deleted meanwhile, or changed by somebody else, of which the watch tells. */
function overtaken(error: unknown): void {
  if (error instanceof ApiException && [404, 409].includes(error.code)) return;
  throw error;
}

async function createNode(api: CoreV1Api): Promise<void> {
  await api
    .createNode({ body: { metadata: { name: NODE, labels: { 'kubernetes.io/hostname': NODE } } } })
    .catch(overtaken);
  const capacity = { cpu: '64', memory: '256Gi', pods: '1000' };
  const condition = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'a stand-in' };
  const body = { status: { capacity, allocatable: capacity, conditions: [condition] } };
  const options = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  await api.patchNodeStatus({ name: NODE, body }, options);
}

export async function startKubelet(
  config: KubeConfig,
  { signal, say }: { readonly signal: AbortSignal; readonly say: (line: string) => void },
): Promise<Kubelet> {
  const api = config.makeApiClient(CoreV1Api);
  await createNode(api);
  const pods = new Map<string, Resource>();
  const addresses = new Map<string, string>();
  const patch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  let fails = badTag;

  const addressOf = (uid: string) => {
    const known = addresses.get(uid) ?? `10.244.${(addresses.size >> 8) & 255}.${addresses.size & 255}`;
    addresses.set(uid, known);
    return known;
  };
  const update = async (pod: Resource) => {
    const where = { name: pod.metadata.name, namespace: pod.metadata.namespace ?? '' };
    const status = podStatus(pod, addressOf(pod.metadata.uid ?? ''), fails);
    await api.patchNamespacedPodStatus({ ...where, body: { status } }, patch);
  };
  const mind = async (pod: Resource) => {
    const where = { name: pod.metadata.name, namespace: pod.metadata.namespace ?? '' };
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (pod.metadata.deletionGracePeriodSeconds !== 0)
        await api.deleteNamespacedPod({ ...where, gracePeriodSeconds: 0 });
    } else if (pod.spec.nodeName === undefined) {
      const target = { apiVersion: 'v1', kind: 'Node', name: NODE };
      await api.createNamespacedPodBinding({ ...where, body: { metadata: where, target } });
    } else if (pod.status?.podIP === undefined) {
      await update(pod);
    }
  };
  const watchPods = (event: string, pod: Resource) => {
    const uid = pod.metadata.uid ?? '';
    if (event === 'DELETED') {
      pods.delete(uid);
      return;
    }
    pods.set(uid, pod);
    mind(pod)
      .catch(overtaken)
      .catch((error: unknown) => say(`pod ${pod.metadata.namespace}/${pod.metadata.name}: ${error}`));
  };
  follow(config, pathOf('Pod'), watchPods, { signal });
  return {
    async fail(which) {
      fails = (image) => which(image) ?? badTag(image);
      await Promise.all([...pods.values()].filter(lives).map((pod) => update(pod).catch(overtaken)));
    },
  };
}

function lives(pod: Resource): boolean {
  return pod.metadata.deletionTimestamp === undefined && pod.spec.nodeName !== undefined;
}
