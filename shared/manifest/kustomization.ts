import { Rejected } from '../errors.ts';

/** Fields of a kustomization that name files, folders or addresses whose objects it brings in or changes. */
const REFERENCES = [
  ...['resources', 'bases', 'components', 'crds', 'configurations', 'generators', 'transformers', 'validators'],
  ...[
    'patches',
    'patchesStrategicMerge',
    'patchesJson6902',
    'replacements',
    'helmCharts',
    'helmChartInflationGenerator',
  ],
];
/** As kustomize takes a reference for a repository or an address: a scheme, a user, GitHub's name, a query. */
const REMOTE =
  /^[a-z][a-z\d+.-]*:|:\/\/|^[^/\s]*@|^(?:www\.)?github\.com[:/]|\?(?:ref|version|submodules|timeout)=|_git\//iu;

/** Files that are not judged as manifests, because people write about manifests in them. */
export const PROSE_NAME = /\.(?:md|markdown|rst|adoc|txt|html)$/iu;

/** Whether this is kustomize's own file, which it also knows by its name. */
export function isKustomization(path: string, apiVersion: unknown): boolean {
  if (typeof apiVersion === 'string') return apiVersion.startsWith('kustomize.config.k8s.io/');
  return /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/u.test(path);
}

function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    // Objects that a patch is for are chosen by patterns, and charts' values are data.
    if (key !== 'target' && key !== 'valuesInline') yield* stringsIn(inner);
  }
}

function faultOf(kustomization: Readonly<Record<string, unknown>>): string | null {
  if ('helmCharts' in kustomization || 'helmChartInflationGenerator' in kustomization) return 'renders a chart';
  for (const field of REFERENCES) {
    for (const text of stringsIn(kustomization[field])) {
      if (/^[^\n]*$/u.test(text) && REMOTE.test(text))
        return `refers to ${JSON.stringify(text.slice(0, 120))}, elsewhere`;
      if (/^[^\n]*$/u.test(text) && PROSE_NAME.test(text))
        return `reads ${JSON.stringify(text.slice(0, 120))} as a manifest`;
    }
  }
  const changes = /"allowKindChange":true|"\/?(?:kind|apiVersion)"(?=[\],}])|\/(?:kind|apiVersion)\b(?!\/)/u;
  return changes.test(JSON.stringify(kustomization)) ? 'changes the kinds of objects' : null;
}

/**
 * That a kustomization brings in only files that are judged, and leaves kinds alone: else it would open what
 * `checkKinds` keeps closed.
 *
 * @throws Rejected `KustomizationNotAllowed`
 */
export function checkKustomization(path: string, kustomization: Readonly<Record<string, unknown>>): void {
  const fault = faultOf(kustomization);
  if (fault === null) return;
  throw new Rejected('KustomizationNotAllowed', `The kustomization ${JSON.stringify(path)} ${fault}.`, {
    hint: 'Bring the files themselves, or open it by allowKinds: [Kustomization] if uploads may decide this.',
    facts: { path },
  });
}
