import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ApiException,
  CustomObjectsApi,
  type KubeConfig,
  PatchStrategy,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { follow, type Resource } from '../follow.ts';
import { KINDS, pathOf } from '../kinds.ts';
import type { Objects } from '../objects.ts';
import { type Artifact, type ArtifactStore, startArtifactStore } from './artifacts.ts';
import { packageChart } from './chart.ts';
import { fetchHead, pack } from './git.ts';
import { startPasses } from './passes.ts';
import { asksForPass, failed, handled, succeeded } from './status.ts';

/** Flux' own controller waits longer and longer. */
const AFTER_FAILURE = '2s';

type SourceKind = 'GitRepository' | 'HelmChart';

export interface SourceControllerOptions {
  readonly config: KubeConfig;
  readonly objects: Objects;
  readonly helm: string;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

function keyOf({ kind, metadata }: Resource): string {
  return `${kind}/${metadata.namespace}/${metadata.name}`;
}

/** The status that a pass over a GitRepository leads to. */
async function passOverRepository(object: Resource, options: SourceControllerOptions, store: ArtifactStore) {
  const { namespace = '', name } = object.metadata;
  const reference = object.spec.secretRef?.name;
  const secret = reference === undefined ? null : await options.objects.get('Secret', namespace, reference);
  const head = await fetchHead(object, secret, join(options.folder, 'repositories'));
  const before: Artifact | undefined = object.status?.artifact;
  const message = `stored artifact for revision '${head.revision}'`;
  if (before?.revision === head.revision) return { conditions: succeeded(object, 'Succeeded', message) };
  const work = await mkdtemp(join(options.folder, 'pack-'));
  try {
    await pack(head, join(work, 'artifact.tar.gz'));
    const path = `gitrepository/${namespace}/${name}/${head.oid}.tar.gz`;
    const artifact = await store.put(path, head.revision, join(work, 'artifact.tar.gz'));
    return { artifact, conditions: succeeded(object, 'Succeeded', message) };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The status that a pass over a HelmChart leads to; null while its repository has nothing yet. */
async function passOverChart(object: Resource, options: SourceControllerOptions, store: ArtifactStore) {
  const { namespace = '', name } = object.metadata;
  const { sourceRef } = object.spec;
  if (sourceRef.kind !== 'GitRepository') throw new Error(`the stand-in takes no charts from a ${sourceRef.kind}`);
  const source: Artifact | undefined = (await options.objects.get('GitRepository', namespace, sourceRef.name))?.status
    ?.artifact;
  if (source === undefined) return null;
  const folder = join(options.folder, 'charts');
  const chart = await packageChart(object, { helm: options.helm, source, tarball: store.locate(source.path), folder });
  const message = `packaged '${chart.name}' chart with version '${chart.version}'`;
  const status = {
    observedSourceArtifactRevision: source.revision,
    observedChartName: chart.name,
    conditions: succeeded(object, 'ChartPackageSucceeded', message),
  };
  const before: Artifact | undefined = object.status?.artifact;
  // Flux, too, takes a chart whose version stays for the same, unless its specification has changed.
  const same = before?.revision === chart.version && object.status?.observedGeneration === object.metadata.generation;
  if (same) return status;
  const path = `helmchart/${namespace}/${name}/${chart.name}-${chart.version}.tgz`;
  const artifact = await store.put(path, chart.version, chart.file);
  return { ...status, artifact, url: artifact.url };
}

/**
 * A stand-in for Flux' source-controller: packs branches of Git repositories, and charts out of them, and serves them to the
 * real controllers. It knows neither OCI, buckets and Helm repositories nor ignore files, submodules and signatures.
 */
export async function startSourceController(options: SourceControllerOptions): Promise<{ close(): Promise<void> }> {
  const { config, folder, objects, signal, say } = options;
  await mkdir(folder, { recursive: true });
  const store = await startArtifactStore(join(folder, 'artifacts'));
  const api = config.makeApiClient(CustomObjectsApi);
  const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

  const write = async (object: Resource, status: object) => {
    const [apiVersion, plural] = KINDS[object.kind as SourceKind];
    const [group = '', version = ''] = apiVersion.split('/');
    const { namespace = '', name } = object.metadata;
    const body = { status: { ...status, ...handled(object) } };
    await api.patchNamespacedCustomObjectStatus({ group, version, namespace, plural, name, body }, merge);
  };
  const pass = async (key: string) => {
    const [kind = '', namespace = '', name = ''] = key.split('/');
    try {
      const object = await objects.get(kind as SourceKind, namespace, name);
      if (object === null || object.spec.suspend === true) return;
      passes.every(key, object.spec.interval);
      const over = kind === 'HelmChart' ? passOverChart : passOverRepository;
      const reason = kind === 'HelmChart' ? 'ChartPackageError' : 'GitOperationFailed';
      const status = await over(object, options, store).catch((error: Error) => {
        if (error instanceof ApiException) throw error;
        passes.every(key, AFTER_FAILURE);
        return { conditions: failed(object, reason, error.message.trim().slice(0, 1000)) };
      });
      if (status !== null) await write(object, status);
    } catch (error) {
      if (signal.aborted || (error instanceof ApiException && error.code === 404)) return;
      passes.every(key, AFTER_FAILURE);
      say(`${key}: ${error}`);
    }
  };
  const passes = startPasses(pass, signal);
  const charts = new Map<string, Resource>();
  const revisions = new Map<string, string>();

  /** A repository's new revision is told to the charts out of it. */
  const spread = (source: Resource) => {
    const revision: string | undefined = source.status?.artifact?.revision;
    if (revision === undefined || revisions.get(keyOf(source)) === revision) return;
    revisions.set(keyOf(source), revision);
    for (const [key, chart] of charts) {
      const { metadata, spec } = chart;
      if (metadata.namespace === source.metadata.namespace && spec.sourceRef.name === source.metadata.name)
        passes.ask(key);
    }
  };
  const watchKind = (kind: SourceKind) =>
    follow(
      config,
      pathOf(kind),
      (event, object) => {
        const key = keyOf(object);
        if (kind === 'HelmChart') charts.set(key, object);
        if (event === 'DELETED') {
          charts.delete(key);
          revisions.delete(key);
          passes.forget(key);
          return;
        }
        if (asksForPass(object)) passes.ask(key);
        if (kind === 'GitRepository') spread(object);
      },
      { signal },
    );
  watchKind('GitRepository');
  watchKind('HelmChart');
  return { close: () => store.close() };
}
