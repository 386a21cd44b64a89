import * as z from 'zod';
import type { KubeObject, ObjectRef } from './cluster.ts';
import { conditions, count, fields, flag, listOf, part, text } from './field.ts';

/** What Flux calls its kinds, in the versions that do not change any more. */
export const FLUX = {
  gitRepository: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository' },
  helmChart: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'HelmChart' },
  externalArtifact: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'ExternalArtifact' },
  artifactGenerator: { apiVersion: 'source.extensions.fluxcd.io/v1beta1', kind: 'ArtifactGenerator' },
  kustomization: { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization' },
  helmRelease: { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease' },
} as const;

/** A new value asks the controller to reconcile at once; it repeats it in `status.lastHandledReconcileAt`. */
export const REQUESTED_AT = 'reconcile.fluxcd.io/requestedAt';

const reference = part({ kind: text, name: text, namespace: text });
const artifact = part({
  /** `<branch>@sha1:<commit>`; of an ExternalArtifact a digest. */
  revision: text,
  digest: text,
  lastUpdateTime: text,
  metadata: z.record(z.string(), z.string()).catch({}),
});

const gitRepository = z.object({
  spec: fields({
    url: text,
    ref: part({ branch: text, tag: text, semver: text, name: text, commit: text }),
    suspend: flag,
    interval: text,
  }),
  status: fields({ artifact, observedGeneration: count, lastHandledReconcileAt: text, conditions }),
});

const kustomization = z.object({
  spec: fields({
    path: text,
    sourceRef: reference,
    suspend: flag,
    targetNamespace: text,
    interval: text,
    timeout: text,
    dependsOn: listOf(z.object({ name: z.string(), namespace: text })),
  }),
  status: fields({
    lastAppliedRevision: text,
    lastAttemptedRevision: text,
    lastAppliedOriginRevision: text,
    lastHandledReconcileAt: text,
    observedGeneration: count,
    conditions,
    inventory: part({ entries: listOf(z.object({ id: z.string(), v: z.string() })) }),
  }),
});

const helmRelease = z.object({
  spec: fields({
    chart: part({
      spec: part({ chart: text, version: text, sourceRef: reference, valuesFiles: listOf(z.string()) }),
    }),
    chartRef: reference,
    suspend: flag,
    releaseName: text,
    targetNamespace: text,
    storageNamespace: text,
    interval: text,
    timeout: text,
  }),
  status: fields({
    /** `<namespace>/<name>` of the HelmChart. */
    helmChart: text,
    lastAttemptedRevision: text,
    lastAttemptedGeneration: count,
    lastHandledReconcileAt: text,
    observedGeneration: count,
    failures: count,
    conditions,
    /** The newest first. */
    history: listOf(
      z.object({
        name: text,
        namespace: text,
        chartName: text,
        chartVersion: text,
        appVersion: text,
        /** `deployed`, `failed`, `superseded`, `uninstalled`. */
        status: text,
        version: count,
        digest: text,
        lastDeployed: text,
      }),
    ),
    inventory: part({ entries: listOf(z.object({ id: z.string(), v: z.string() })) }),
  }),
});

const helmChart = z.object({
  spec: fields({ chart: text, version: text, sourceRef: reference, suspend: flag, valuesFiles: listOf(z.string()) }),
  status: fields({
    /** The revision of the source that the chart was packed from. */
    observedSourceArtifactRevision: text,
    observedChartName: text,
    artifact,
    observedGeneration: count,
    lastHandledReconcileAt: text,
    conditions,
  }),
});

const externalArtifact = z.object({
  spec: fields({ sourceRef: part({ apiVersion: text, kind: text, name: text, namespace: text }) }),
  status: fields({ artifact, conditions }),
});

const artifactGenerator = z.object({
  spec: fields({ sources: listOf(z.object({ alias: text, kind: text, name: text, namespace: text })) }),
});

export const readGitRepository = (object: KubeObject) => gitRepository.parse(object);
export const readKustomization = (object: KubeObject) => kustomization.parse(object);
export const readHelmRelease = (object: KubeObject) => helmRelease.parse(object);
export const readHelmChart = (object: KubeObject) => helmChart.parse(object);
export const readExternalArtifact = (object: KubeObject) => externalArtifact.parse(object);
export const readArtifactGenerator = (object: KubeObject) => artifactGenerator.parse(object);

/** The commit that a revision of Flux names: `main@sha1:<commit>`, `sha1:<commit>`, `main/<commit>`; null for a digest. */
export function commitOf(revision: string | null): string | null {
  return /(?:^|[@/])(?:sha1:)?([0-9a-f]{40})$/u.exec(revision ?? '')?.[1] ?? null;
}

/** What a Kustomization or a HelmRelease applied, as its inventory has it: `<namespace>_<name>_<group>_<kind>`. */
export function inventoryOf(inventory: { readonly entries: readonly InventoryEntry[] } | null): ObjectRef[] {
  return (inventory?.entries ?? []).flatMap(({ id, v }) => {
    // Names hold no underscores; a colon, which those of RBAC may have, is written as two.
    const parts = /^([^_]*)_(.+)_([^_]*)_([^_]+)$/u.exec(id);
    if (parts === null) return [];
    const [, namespace = '', name = '', group = '', kind = ''] = parts;
    const apiVersion = group === '' ? v : `${group}/${v}`;
    return [{ apiVersion, kind, namespace: namespace || null, name: name.replaceAll('__', ':') }];
  });
}

interface InventoryEntry {
  readonly id: string;
  /** The version of its API. */
  readonly v: string;
}
