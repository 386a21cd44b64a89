import * as z from 'zod';
import { listOf } from './field.ts';

/** How a kind stands in the addresses of the API. */
export interface Resource {
  /** Its plural. */
  readonly name: string;
  readonly namespaced: boolean;
}

const NAMESPACED: Readonly<Record<string, string>> = {
  'source.toolkit.fluxcd.io/v1 GitRepository': 'gitrepositories',
  'source.toolkit.fluxcd.io/v1 HelmChart': 'helmcharts',
  'source.toolkit.fluxcd.io/v1 ExternalArtifact': 'externalartifacts',
  'source.extensions.fluxcd.io/v1beta1 ArtifactGenerator': 'artifactgenerators',
  'kustomize.toolkit.fluxcd.io/v1 Kustomization': 'kustomizations',
  'helm.toolkit.fluxcd.io/v2 HelmRelease': 'helmreleases',
  'argoproj.io/v1alpha1 Application': 'applications',
  'flagger.app/v1beta1 Canary': 'canaries',
  'apps/v1 Deployment': 'deployments',
  'apps/v1 StatefulSet': 'statefulsets',
  'apps/v1 DaemonSet': 'daemonsets',
  'apps/v1 ReplicaSet': 'replicasets',
  'v1 Pod': 'pods',
  'v1 Event': 'events',
};

/** What is asked for at every look, so that no discovery comes before it; null for any other kind. */
export function knownResource(apiVersion: string, kind: string): Resource | null {
  const name = NAMESPACED[`${apiVersion} ${kind}`];
  return name === undefined ? null : { name, namespaced: true };
}

const discovery = z.object({
  resources: listOf(z.object({ name: z.string().regex(/^[a-z0-9.-]+$/u), kind: z.string(), namespaced: z.boolean() })),
});

/** What a group serves, by kind. */
export function readResources(value: unknown): ReadonlyMap<string, Resource> {
  // Subresources have a slash in their names, which the shape refuses.
  const { resources } = discovery.safeParse(value).data ?? { resources: [] };
  return new Map(resources.map(({ kind, name, namespaced }) => [kind, { name, namespaced }]));
}

/** `/apis/<group>/<version>`, or `/api/v1`; null for what is no version of an API. */
export function groupPath(apiVersion: string): string | null {
  if (!/^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?v[a-z0-9]+$/u.test(apiVersion)) return null;
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** Part of an address; null for a name that would lead elsewhere. */
export function segment(name: string): string | null {
  return name === '' || name === '.' || name === '..' ? null : encodeURIComponent(name);
}
