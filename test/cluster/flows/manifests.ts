import { stringify } from 'yaml';
import { deployment } from '../manifests.ts';

/** The namespace that all shops run in. */
export const SHOPS = 'shops';

/** The unit of an image's policy. */
export function imageOf(name: string): string {
  return `flux-system:${name}`;
}

/** `gitferry.yaml`: files of `config/`, charts, and an image for each of these names; how long a release may take. */
export function rules(registry: string, images: readonly string[], deadline = '2m', more = ''): string {
  const policies = images.map(
    (name) =>
      `  - { image: ${registry}/shop/${name}, name: ${name}, policy: { semver: ">=1.0.0" }, files: ["apps/${name}/*.yaml"] }\n`,
  );
  return `apiVersion: gitferry.dev/v1
mirrors:
  - { name: charts, bucket: releases, prefix: charts/, chart: "charts/{name}" }
  - { name: config, bucket: releases, prefix: config/, files: apps }
${images.length === 0 ? '' : `images:\n${policies.join('')}`}rollout: { deadline: ${deadline} }
${more}`;
}

/** A Deployment of an image that gitferry keeps; `0.1.0` is what a person put there. */
export function app(registry: string, name: string, replicas = 1): string {
  return stringify(deployment(SHOPS, name, `${registry}/shop/${name}:0.1.0`, replicas));
}

/** A Kustomization of `apps/<name>`, following the main repository. */
export function kustomization(name: string, more: object = {}): object {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace: 'flux-system' },
    spec: {
      ...{ path: `./apps/${name}`, prune: true, wait: true, interval: '1h', retryInterval: '2s', timeout: '20s' },
      sourceRef: { kind: 'GitRepository', name: 'main' },
      ...more,
    },
  };
}

/** Flagger's Canary of a Deployment: one analysis, one failure ends it. */
export function canary(name: string): object {
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name, namespace: SHOPS },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      service: { port: 80 },
      progressDeadlineSeconds: 60,
      analysis: {
        ...{ interval: '10s', threshold: 1, iterations: 1 },
        metrics: [{ name: 'request-success-rate', interval: '1m', thresholdRange: { min: 99 } }],
      },
    },
  };
}
