import type { KubeObject, ObjectRef } from './cluster.ts';
import { normalPath } from './concern.ts';
import { keyOf, refOf } from './field.ts';
import {
  FLUX,
  readArtifactGenerator,
  readExternalArtifact,
  readGitRepository,
  readHelmChart,
  readHelmRelease,
  readKustomization,
} from './flux.ts';
import type { Followed, Follower } from './follower.ts';
import { isSameRepository } from './repository.ts';

/** All of a cluster's objects of those kinds. */
export interface FluxObjects {
  readonly gitRepositories: readonly KubeObject[];
  readonly helmCharts: readonly KubeObject[];
  readonly externalArtifacts: readonly KubeObject[];
  readonly artifactGenerators: readonly KubeObject[];
  readonly kustomizations: readonly KubeObject[];
  readonly helmReleases: readonly KubeObject[];
}

/** What an object is taken from: whatever of it leads back to the repository, the GitRepository first. */
type Origins = Map<string, readonly ObjectRef[]>;

/** Flux's objects that take anything from this repository and branch, whatever their paths. */
export function fluxFollowers(objects: FluxObjects, followed: Followed): Follower[] {
  const origins: Origins = new Map();
  const repositories = objects.gitRepositories
    .filter((object) => isOn(object, followed))
    .map((object) => {
      origins.set(keyOf(refOf(object)), [refOf(object)]);
      const { suspend: suspended } = readGitRepository(object).spec;
      return source(object, { path: '', suspended, sources: [] });
    });
  // Before those that take from them.
  const artifacts = externalArtifacts(objects, origins);
  const charts = helmCharts(objects.helmCharts, origins);
  return [
    ...repositories,
    ...artifacts,
    ...charts,
    ...kustomizations(objects.kustomizations, origins),
    ...helmReleases(objects.helmReleases, origins, charts),
  ];
}

/** Whether a GitRepository follows the branch: what outranks it (a commit, a name, a range, a tag) must not be there. */
function isOn(object: KubeObject, { repository, branch }: Followed): boolean {
  const { url, ref } = readGitRepository(object).spec;
  if (url === null || !isSameRepository(url, repository) || ref?.commit) return false;
  if (ref?.name) return ref.name === `refs/heads/${branch}`;
  if (ref?.semver || ref?.tag) return false;
  return (ref?.branch || 'master') === branch;
}

type Found = Pick<Follower, 'path' | 'suspended' | 'sources'> & { readonly also?: readonly string[] };

function source(object: KubeObject, found: Found): Follower {
  return { ref: refOf(object), object, kind: 'source', also: [], ...found };
}

interface Named {
  readonly kind: string | null;
  readonly name: string | null;
  readonly namespace: string | null;
}

/** The key of the source that an object names; its own namespace is meant where it names none. */
function sourceKey(object: KubeObject, named: Named | null): string {
  const { kind, name } = named ?? { kind: null, name: null };
  const namespace = named?.namespace || object.metadata.namespace || null;
  const apiVersion = kind === 'ArtifactGenerator' ? FLUX.artifactGenerator.apiVersion : FLUX.gitRepository.apiVersion;
  return keyOf({ apiVersion, kind: kind ?? '', namespace, name: name ?? '' });
}

/** What is put together of parts of a repository says nothing of their paths any more. */
function externalArtifacts(objects: FluxObjects, origins: Origins): Follower[] {
  for (const object of objects.artifactGenerators) {
    const { sources } = readArtifactGenerator(object).spec;
    const found = sources.map((one) => origins.get(sourceKey(object, one))).find((one) => one !== undefined);
    if (found !== undefined) origins.set(keyOf(refOf(object)), found);
  }
  return objects.externalArtifacts.flatMap((object) => {
    const found = origins.get(sourceKey(object, readExternalArtifact(object).spec.sourceRef));
    if (found === undefined) return [];
    origins.set(keyOf(refOf(object)), [...found, refOf(object)]);
    return [source(object, { path: null, suspended: false, sources: found })];
  });
}

function helmCharts(objects: readonly KubeObject[], origins: Origins): Follower[] {
  return objects.flatMap((object) => {
    const { spec } = readHelmChart(object);
    const found = origins.get(sourceKey(object, spec.sourceRef));
    if (found === undefined) return [];
    origins.set(keyOf(refOf(object)), [...found, refOf(object)]);
    const also = spec.valuesFiles.flatMap((file) => normalPath(file) ?? []);
    return [source(object, { path: chartPath(spec.chart, found), also, suspended: spec.suspend, sources: found })];
  });
}

function kustomizations(objects: readonly KubeObject[], origins: Origins): Follower[] {
  return objects.flatMap((object) => {
    const { spec } = readKustomization(object);
    const sources = origins.get(sourceKey(object, spec.sourceRef));
    if (sources === undefined) return [];
    const path = isWhole(sources) ? normalPath(spec.path ?? '') : null;
    const { suspend: suspended } = spec;
    return [{ ref: refOf(object), object, kind: 'kustomization', path, also: [], suspended, sources }];
  });
}

/** By their HelmChart: the one that they name, the one that Flux made of their template, or will make. */
function helmReleases(objects: readonly KubeObject[], origins: Origins, charts: readonly Follower[]): Follower[] {
  return objects.flatMap((object) => {
    const { spec, status } = readHelmRelease(object);
    const template = spec.chart?.spec ?? null;
    const key = sourceKey(object, spec.chartRef ?? template?.sourceRef ?? null);
    const origin = origins.get(key);
    if (origin === undefined) return [];
    const made = charts.find(({ ref }) => `${ref.namespace}/${ref.name}` === status.helmChart);
    const chart = charts.find(({ ref }) => keyOf(ref) === key) ?? made;
    const sources = template !== null && made !== undefined ? [...made.sources, made.ref] : origin;
    const path = template === null ? (chart?.path ?? null) : chartPath(template.chart, origin);
    const also = template?.valuesFiles.flatMap((file) => normalPath(file) ?? []) ?? chart?.also ?? [];
    const { suspend: suspended } = spec;
    return [{ ref: refOf(object), object, kind: 'helm-release', path, also, suspended, sources }];
  });
}

function isWhole(sources: readonly ObjectRef[]): boolean {
  return sources.every(({ kind }) => kind === FLUX.gitRepository.kind);
}

function chartPath(chart: string | null, sources: readonly ObjectRef[]): string | null {
  return chart !== null && isWhole(sources) ? normalPath(chart) : null;
}
