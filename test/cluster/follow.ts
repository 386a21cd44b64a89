import { setTimeout as delay } from 'node:timers/promises';
import { type KubeConfig, Watch } from '@kubernetes/client-node';

/** An object as JSON has it, of any kind. */
export interface Resource {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    generation?: number;
    resourceVersion?: string;
    creationTimestamp?: string;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string; uid: string }[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the kind they ask for has.
  spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  status?: any;
  // biome-ignore lint/suspicious/noExplicitAny: ConfigMaps, Secrets and roles keep theirs beside these.
  [key: string]: any;
}

export type Event = 'ADDED' | 'MODIFIED' | 'DELETED';

/**
 * Tells of each object below a path (`/api/v1/pods`) as it is, and then of each change, until the signal; also when the API
 * server is away meanwhile, after which it tells of all again.
 */
export function follow(
  config: KubeConfig,
  path: string,
  tell: (event: Event, object: Resource) => void,
  { signal, query = {} }: { readonly signal: AbortSignal; readonly query?: Record<string, string> },
): void {
  const once = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const told = (event: string, object: Resource) => {
      if (!signal.aborted && ['ADDED', 'MODIFIED', 'DELETED'].includes(event)) tell(event as Event, object);
    };
    // Without a version to start from, the server first tells of everything that is there.
    const stop = await new Watch(config).watch(path, query, told, () => resolve());
    const abort = () => stop.abort();
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    await promise;
    signal.removeEventListener('abort', abort);
  };
  void (async () => {
    while (!signal.aborted) {
      await once().catch(() => {});
      await delay(100, undefined, { signal }).catch(() => {});
    }
  })();
}
