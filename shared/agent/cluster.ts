/** An object as the API server has it; what stands in `spec` and `status` is read by schemas, never taken for granted. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec?: unknown;
  readonly status?: unknown;
}

interface Metadata {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly generation?: number | undefined;
  readonly resourceVersion?: string | undefined;
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?:
    | readonly { readonly kind: string; readonly name: string; readonly uid: string }[]
    | undefined;
  readonly managedFields?: readonly unknown[] | undefined;
}

/** Where an object stands. */
export interface ObjectRef {
  /** `apps/v1`, `v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Null for objects of the whole cluster. */
  readonly namespace: string | null;
  readonly name: string;
}

/** What a list is narrowed to. */
export interface Within {
  readonly namespace?: string;
  /** A label selector, as `kubectl -l` takes it. */
  readonly labels?: string;
}

/**
 * One cluster's API, as narrow as it is used. All methods throw Retryable (ClusterUnreachable, ClusterBusy: unreachable,
 * 429, 5xx, time-out) or Stalled (ClusterUnauthorized; ClusterForbidden, whose message names the missing permission).
 */
export interface Cluster {
  /** As people call it; unique in a deployment. */
  readonly name: string;

  /** Null when there is none, or its kind is not served. */
  get(ref: ObjectRef): Promise<KubeObject | null>;

  /** All pages; none when the kind is not served. */
  list(apiVersion: string, kind: string, within?: Within): Promise<readonly KubeObject[]>;

  /**
   * Sets annotations and nothing else, by a merge patch against this version of the object. False: it has changed
   * meanwhile, or is gone.
   */
  annotate(object: KubeObject, annotations: Readonly<Record<string, string>>): Promise<boolean>;

  /**
   * What a server-side apply of this object by that field manager would lead to, without doing it. Throws Rejected
   * ApplyRefused when the server would refuse it.
   */
  dryRun(object: KubeObject, manager: string): Promise<KubeObject>;
}
