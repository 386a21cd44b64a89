import type { KubeObject, ObjectRef } from './cluster.ts';

/** An object of an agent that brings what stands in the repository into the cluster. */
export interface Follower {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly kind: 'kustomization' | 'helm-release' | 'application' | 'source';
  /** The folder or file of the repository that it follows, normalised; empty for all of it; null when it can't be told. */
  readonly path: string | null;
  /** What it reads beside that: files of Helm values, folders that an annotation names. */
  readonly also: readonly string[];
  /** The agent was told to leave it alone. */
  readonly suspended: boolean;
  /** What it takes the repository from, the source of Git first: of Helm charts the HelmChart comes second. */
  readonly sources: readonly ObjectRef[];
}

/** The repository and branch that is asked for. */
export interface Followed {
  readonly repository: string;
  readonly branch: string;
}
