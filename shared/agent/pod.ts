import * as z from 'zod';
import type { KubeObject, ObjectRef } from './cluster.ts';
import { conditionOf, conditions, count, fields, flag, listOf, part, refOf, text } from './field.ts';

const terminated = part({ exitCode: count, signal: count, reason: text, message: text, finishedAt: text });
const state = part({ waiting: part({ reason: text, message: text }), terminated, running: part({ startedAt: text }) });
const container = z.object({
  name: z.string(),
  image: text,
  imageID: text,
  ready: flag,
  restartCount: count,
  state,
  lastState: state,
});
const pod = z.object({
  status: fields({
    phase: text,
    reason: text,
    message: text,
    startTime: text,
    conditions,
    containerStatuses: listOf(container),
    initContainerStatuses: listOf(container),
  }),
});

type Status = z.infer<typeof pod>['status'];

/** Why something is not as it should be, in the words of the cluster. */
export interface Trouble {
  /** `CrashLoopBackOff`, `ImagePullBackOff`, `Unschedulable`, `OOMKilled`, … */
  readonly reason: string;
  /** May be empty. */
  readonly message: string;
  readonly container: string | null;
}

/** What a container really runs. */
export interface Running {
  readonly container: string;
  /** As the kubelet calls it. */
  readonly image: string | null;
  /** `<name>@sha256:…`, perhaps with the runtime's own scheme before it; null before it was pulled. */
  readonly imageId: string | null;
  /** The digest in it. */
  readonly digest: string | null;
}

export interface Pod {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly ready: boolean;
  /** It is being deleted. */
  readonly going: boolean;
  /** Of the workload's newest template; null when that can't be told. */
  readonly current: boolean | null;
  readonly phase: string | null;
  readonly running: readonly Running[];
  readonly restarts: number;
  /** Empty when it is Ready, or nothing said why it is not. */
  readonly troubles: readonly Trouble[];
}

/** Reads a pod; `current` is what its workload knows of it. */
export function readPod(object: KubeObject, current: boolean | null): Pod {
  const { status } = pod.parse(object);
  const all = [...status.initContainerStatuses, ...status.containerStatuses];
  const ready = conditionOf(status.conditions, 'Ready')?.status === 'True';
  return {
    ref: refOf(object),
    object,
    ready,
    going: object.metadata.deletionTimestamp !== undefined,
    current,
    phase: status.phase,
    running: status.containerStatuses.map(({ name, image, imageID }) => ({
      container: name,
      image,
      imageId: imageID || null,
      digest: /sha256:[0-9a-f]{64}$/u.exec(imageID ?? '')?.[0] ?? null,
    })),
    restarts: all.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0),
    troubles: ready ? [] : troublesOf(status, all),
  };
}

function troublesOf(status: Status, all: Status['containerStatuses']): Trouble[] {
  const scheduled = conditionOf(status.conditions, 'PodScheduled');
  const own = status.reason === null ? [] : [trouble(status.reason, status.message, null)];
  const unscheduled =
    scheduled?.status === 'False' ? [trouble(scheduled.reason ?? 'Unschedulable', scheduled.message, null)] : [];
  const found = [...own, ...unscheduled, ...all.flatMap(ofContainer)];
  const ready = conditionOf(status.conditions, 'Ready');
  return found.length > 0 || !ready?.reason ? found : [trouble(ready.reason, ready.message, null)];
}

/** Both that it waits to be started again, and how its process ended the last time. */
function ofContainer({ name, ready, state, lastState }: Status['containerStatuses'][number]): Trouble[] {
  const found: Trouble[] = [];
  const waiting = state?.waiting ?? null;
  if (waiting?.reason && !STARTING.has(waiting.reason)) found.push(trouble(waiting.reason, waiting.message, name));
  const end = state?.terminated ?? (ready ? null : (lastState?.terminated ?? null));
  if (end !== null && end.exitCode !== 0) {
    const how = end.signal ? `signal ${end.signal}` : `exit code ${end.exitCode ?? 'unknown'}`;
    found.push(trouble(end.reason ?? 'Error', end.message ? `${how}: ${end.message}` : how, name));
  }
  return found;
}

/** What every container waits for at first. */
const STARTING: ReadonlySet<string> = new Set(['ContainerCreating', 'PodInitializing']);

function trouble(reason: string, message: string | null, container: string | null): Trouble {
  return { reason, message: message ?? '', container };
}
