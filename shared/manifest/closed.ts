/** Where objects come from: a chart, which a person's release decides to use, or files, which the agent applies as is. */
export type Origin = 'chart' | 'files';

/** What a mirror opens and closes beyond the rule, by the kinds' names. Closing wins. */
export interface Opened {
  readonly allowKinds: readonly string[];
  readonly denyKinds: readonly string[];
}

/** Kinds of API groups. `all` closes every kind of the groups; the names then serve where the group can't be read. */
interface Rule {
  readonly groups: RegExp;
  readonly kinds: readonly string[];
  readonly all: boolean;
}

/** Objects that steer the sync agent: with them, an upload could bring in anything, from anywhere. */
const AGENT: readonly Rule[] = [
  {
    groups: /^(?:source|kustomize|image)\.toolkit\.fluxcd\.io$|^source\.extensions\.fluxcd\.io$/u,
    kinds: [
      ...['GitRepository', 'OCIRepository', 'HelmRepository', 'HelmChart', 'Bucket', 'ExternalArtifact'],
      ...['ArtifactGenerator', 'Kustomization', 'ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation'],
    ],
    all: true,
  },
  {
    groups: /^fluxcd\.controlplane\.io$|^infra\.contrib\.fluxcd\.io$|^templates\.weave\.works$/u,
    kinds: ['FluxInstance', 'FluxReport', 'ResourceSet', 'ResourceSetInputProvider', 'Terraform', 'GitOpsSet'],
    all: true,
  },
  { groups: /^argoproj\.io$/u, kinds: ['Application', 'ApplicationSet', 'AppProject', 'ArgoCD'], all: false },
  { groups: /^argocd-image-updater\.argoproj\.io$/u, kinds: ['ImageUpdater'], all: true },
];

/** Objects that give rights, or decide what others may apply. Charts commonly bring them. */
const CLUSTER: readonly Rule[] = [
  {
    groups: /^(?:rbac\.authorization\.k8s\.io|authorization\.openshift\.io)$/u,
    kinds: ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    all: true,
  },
  {
    groups: /^admissionregistration\.k8s\.io$/u,
    kinds: [
      ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
      ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
      ...['MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding'],
    ],
    all: true,
  },
  {
    groups: /^(?:policies\.)?kyverno\.io$|^(?:templates|constraints|mutations|config|expansion)\.gatekeeper\.sh$/u,
    kinds: ['ClusterPolicy', 'ConstraintTemplate'],
    all: true,
  },
  { groups: /^apiextensions\.k8s\.io$/u, kinds: ['CustomResourceDefinition'], all: true },
  { groups: /^apiregistration\.k8s\.io$/u, kinds: ['APIService'], all: true },
];

const RULES: Readonly<Record<Origin, readonly Rule[]>> = { chart: AGENT, files: [...AGENT, ...CLUSTER] };

/**
 * Whether objects of this kind may not come from there. `apiVersion` is null where it can't be read: then the name
 * alone decides. A list (`RoleList`) is what it lists.
 */
export function isClosed(kind: string, apiVersion: string | null, origin: Origin, opened: Opened): boolean {
  const single = kind.replace(/(?<=.)List$/u, '');
  if (opened.denyKinds.includes(kind) || opened.denyKinds.includes(single)) return true;
  if (opened.allowKinds.includes(kind) || opened.allowKinds.includes(single)) return false;
  if (apiVersion === null) return RULES[origin].some(({ kinds }) => kinds.includes(single));
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return RULES[origin].some(({ groups, kinds, all }) => groups.test(group) && (all || kinds.includes(single)));
}
