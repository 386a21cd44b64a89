// What tests apply again and again; each asks for no more than it names.

export const DIGEST = `sha256:${'1f'.repeat(32)}`;

/** A Deployment of one pod with one container. */
export function deployment(namespace: string, name: string, image: string, replicas = 1): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name, image, ports: [{ containerPort: 8080 }] }] } },
    },
  };
}

/** It follows the branch by requests alone; its interval is too long for a test. */
export function gitRepository(namespace: string, name: string, url: string, branch = 'main'): object {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace },
    spec: { url, interval: '1h', ref: { branch } },
  };
}

/** Applies a folder of a GitRepository of the same name, and waits until what it applied is healthy. */
export function kustomization(namespace: string, name: string, path: string): object {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace },
    spec: {
      ...{ path, prune: true, wait: true, interval: '1h', retryInterval: '2s', timeout: '30s' },
      sourceRef: { kind: 'GitRepository', name },
    },
  };
}

/** Flux' annotation to look at once. */
export function request(): object {
  return { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': new Date().toISOString() } } };
}
