import { APPLICATION, applicationsOn } from './argo-cd.ts';
import type { Cluster, KubeObject } from './cluster.ts';
import { overlap } from './concern.ts';
import { FLUX } from './flux.ts';
import { fluxFollowers } from './flux-followers.ts';
import type { Followed, Follower } from './follower.ts';

/**
 * The objects of all agents of a cluster that bring these paths of the repository into it, sources first; with null all
 * that follow the repository and branch. An object that follows another folder is among them only for a path that none
 * follows: a folder may build on another one (`../base`), which no path of it shows.
 * Throws what the cluster's lists throw. Asks for one list a kind, all at once.
 */
export async function findFollowers(
  cluster: Cluster,
  followed: Followed,
  paths: readonly string[] | null,
): Promise<readonly Follower[]> {
  const list = ({ apiVersion, kind }: { apiVersion: string; kind: string }): Promise<readonly KubeObject[]> =>
    cluster.list(apiVersion, kind);
  const [
    gitRepositories,
    helmCharts,
    externalArtifacts,
    artifactGenerators,
    kustomizations,
    helmReleases,
    applications,
  ] = await Promise.all([
    list(FLUX.gitRepository),
    list(FLUX.helmChart),
    list(FLUX.externalArtifact),
    list(FLUX.artifactGenerator),
    list(FLUX.kustomization),
    list(FLUX.helmRelease),
    list(APPLICATION),
  ]);
  const flux = { gitRepositories, helmCharts, externalArtifacts, artifactGenerators, kustomizations, helmReleases };
  const all = [...fluxFollowers(flux, followed), ...applicationsOn(applications, followed)];
  return paths === null ? all : concernedBy(all, paths);
}

/** Of all followers those that the paths concern. */
export function concernedBy(all: readonly Follower[], paths: readonly string[]): readonly Follower[] {
  if (paths.length === 0) return [];
  const appliers = all.filter(({ kind }) => kind !== 'source');
  const unfollowed = paths.filter((path) => !appliers.some((one) => one.path !== null && follows(one, path)));
  const chosen = appliers.filter(
    (one) =>
      one.path === null || paths.some((path) => follows(one, path)) || (unfollowed.length > 0 && mayBuildOn(one)),
  );
  const needed = new Set(
    chosen.flatMap(({ sources }) => sources.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`)),
  );
  return all.filter(
    (one) => chosen.includes(one) || needed.has(`${one.ref.kind} ${one.ref.namespace}/${one.ref.name}`),
  );
}

/** Whether it takes the folder that a path stands in. */
export function follows({ path, also }: Follower, changed: string): boolean {
  return [path ?? '', ...also].some((one) => overlap(one, changed));
}

/** A Helm chart holds all that it renders. */
function mayBuildOn({ kind }: Follower): boolean {
  return kind !== 'helm-release';
}
