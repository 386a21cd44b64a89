/** What tests ask for by its kind alone: its group and version, and how it is called in paths. */
export const KINDS = {
  ConfigMap: ['v1', 'configmaps'],
  Namespace: ['v1', 'namespaces'],
  Pod: ['v1', 'pods'],
  Secret: ['v1', 'secrets'],
  Service: ['v1', 'services'],
  ServiceAccount: ['v1', 'serviceaccounts'],
  DaemonSet: ['apps/v1', 'daemonsets'],
  Deployment: ['apps/v1', 'deployments'],
  ReplicaSet: ['apps/v1', 'replicasets'],
  StatefulSet: ['apps/v1', 'statefulsets'],
  Job: ['batch/v1', 'jobs'],
  CronJob: ['batch/v1', 'cronjobs'],
  GitRepository: ['source.toolkit.fluxcd.io/v1', 'gitrepositories'],
  HelmChart: ['source.toolkit.fluxcd.io/v1', 'helmcharts'],
  Kustomization: ['kustomize.toolkit.fluxcd.io/v1', 'kustomizations'],
  HelmRelease: ['helm.toolkit.fluxcd.io/v2', 'helmreleases'],
  Receiver: ['notification.toolkit.fluxcd.io/v1', 'receivers'],
  Alert: ['notification.toolkit.fluxcd.io/v1beta3', 'alerts'],
  Provider: ['notification.toolkit.fluxcd.io/v1beta3', 'providers'],
  Canary: ['flagger.app/v1beta1', 'canaries'],
  MetricTemplate: ['flagger.app/v1beta1', 'metrictemplates'],
  Application: ['argoproj.io/v1alpha1', 'applications'],
} as const satisfies Record<string, readonly [apiVersion: string, plural: string]>;

export type Kind = keyof typeof KINDS;

/** Of all objects of a kind, or those of a namespace: `/apis/apps/v1/namespaces/default/deployments`. */
export function pathOf(kind: Kind, namespace?: string): string {
  const [apiVersion, plural] = KINDS[kind];
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}
