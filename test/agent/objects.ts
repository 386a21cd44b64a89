import type { KubeObject } from '../../shared/agent/cluster.ts';

interface More {
  readonly namespace?: string;
  readonly metadata?: Partial<KubeObject['metadata']>;
  readonly status?: unknown;
}

/** An object as a list has it; what is said of it may be as odd as a test needs it. */
export function object(apiVersion: string, kind: string, name: string, spec: unknown, more: More = {}): KubeObject {
  const { namespace = 'flux-system', metadata = {}, status } = more;
  return { apiVersion, kind, metadata: { name, namespace, generation: 1, ...metadata }, spec, status };
}

const source = 'source.toolkit.fluxcd.io/v1';

export const REPOSITORY = 'https://git.example/acme/main.git';

export function gitRepository(name: string, spec: object = {}, more: More = {}): KubeObject {
  return object(source, 'GitRepository', name, { url: REPOSITORY, ref: { branch: 'main' }, ...spec }, more);
}

export function kustomization(name: string, path: string | undefined, spec: object = {}, more: More = {}): KubeObject {
  const sourceRef = { kind: 'GitRepository', name: 'main' };
  return object('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', name, { path, sourceRef, ...spec }, more);
}

export function helmChart(name: string, chart: string, spec: object = {}, more: More = {}): KubeObject {
  return object(
    source,
    'HelmChart',
    name,
    { chart, sourceRef: { kind: 'GitRepository', name: 'main' }, ...spec },
    more,
  );
}

export function helmRelease(name: string, spec: object, more: More = {}): KubeObject {
  return object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', name, spec, more);
}

export function application(name: string, spec: object, more: More = {}): KubeObject {
  return object('argoproj.io/v1alpha1', 'Application', name, spec, { namespace: 'argocd', ...more });
}
