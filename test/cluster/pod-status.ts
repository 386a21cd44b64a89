import { createHash } from 'node:crypto';
import type { Resource } from './follow.ts';

/** Why a container does not come up. */
export interface Failure {
  /** As Kubernetes says it: `ImagePullBackOff`, `CrashLoopBackOff`. */
  readonly reason: string;
  readonly message: string;
}

interface Container {
  readonly name: string;
  readonly image: string;
}

/** `repository@sha256:…`, as a kubelet tells of it; a tag leads to the same invented digest each time. */
export function imageIdOf(image: string): string {
  const [named = '', digest] = image.split('@');
  const repository = named.replace(/:[^:/]*$/u, '');
  return `${repository}@${digest ?? `sha256:${createHash('sha256').update(image).digest('hex')}`}`;
}

/** Pulled is all but what could not be. */
function statusOf({ name, image }: Container, failure: Failure | null, now: string, once: boolean): object {
  const pulled = failure === null || !/image|pull/iu.test(failure.reason);
  const ended = (exitCode: number, reason: string) => ({
    terminated: { exitCode, reason, startedAt: now, finishedAt: now },
  });
  const crashes = failure !== null && pulled;
  return {
    ...{ name, image, imageID: pulled ? imageIdOf(image) : '', containerID: `stand-in://${name}` },
    ...{ ready: failure === null && !once, started: failure === null, restartCount: crashes && !once ? 3 : 0 },
    state:
      failure === null
        ? once
          ? ended(0, 'Completed')
          : { running: { startedAt: now } }
        : once && pulled
          ? ended(1, 'Error')
          : { waiting: failure },
    lastState: crashes && !once ? ended(1, 'Error') : {},
  };
}

/** The status of a pod whose containers run, have run to their end (those of Jobs) or fail. */
export function podStatus(pod: Resource, ip: string, fails: (image: string) => Failure | null): object {
  const now = new Date().toISOString().replace(/\.\d+/u, '');
  const once = pod.spec.restartPolicy !== 'Always';
  const containers: readonly Container[] = pod.spec.containers;
  const inits: readonly Container[] = pod.spec.initContainers ?? [];
  const failing = containers.filter(({ image }) => fails(image) !== null);
  const statuses = containers.map((one) => statusOf(one, fails(one.image), now, once));
  const pulled = statuses.every((status) => 'imageID' in status && status.imageID !== '');
  const ready = failing.length === 0 && !once;
  const condition = (type: string, holds: boolean) => ({
    ...{ type, status: holds ? 'True' : 'False', lastProbeTime: null, lastTransitionTime: now },
    ...(holds
      ? {}
      : once && failing.length === 0
        ? { reason: 'PodCompleted' }
        : {
            reason: 'ContainersNotReady',
            message: `containers with unready status: [${failing.map(({ name }) => name).join(' ')}]`,
          }),
  });
  const done = failing.length === 0 ? 'Succeeded' : 'Failed';
  return {
    phase: pulled ? (once ? done : 'Running') : 'Pending',
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    ...{ hostIP: '127.0.0.1', podIP: ip, podIPs: [{ ip }], startTime: pod.status?.startTime ?? now },
    containerStatuses: statuses,
    initContainerStatuses: inits.map((one) => statusOf(one, null, now, true)),
  };
}
