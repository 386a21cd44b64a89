import { join } from 'node:path';

/** One real part of a cluster, taken from a Go module that `parts/<name>` pins. */
export interface Part {
  readonly name: string;
  readonly module: string;
  /** The package that is built; null where the module only gives CRDs. */
  readonly main: string | null;
  readonly ldflags: readonly string[];
  /** Files and folders of the module that hold CRDs as YAML. */
  readonly crds: readonly string[];
  /** What is changed in the module before it is built. */
  readonly patch?: { readonly file: string; readonly from: string; readonly to: string };
}

const STRIP = ['-s', '-w'];
const VERSION = 'k8s.io/component-base/version.git';

function flux<Name extends string>(name: Name, main: boolean) {
  const module = `github.com/fluxcd/${name}`;
  return { name, module, main: main ? module : null, ldflags: STRIP, crds: ['config/crd/bases'] } as const;
}

/** In the order in which they are built: what most tests wait for comes first. */
export const PARTS = [
  {
    name: 'kubernetes',
    module: 'k8s.io/kubernetes',
    main: '.',
    // kubectl and Flagger parse the version that the server tells, and without these it tells none.
    ldflags: [...STRIP, `-X ${VERSION}Version=v1.34.4`, `-X ${VERSION}Major=1`, `-X ${VERSION}Minor=34`],
    crds: [],
  },
  {
    name: 'flagger',
    module: 'github.com/fluxcd/flagger',
    main: 'github.com/fluxcd/flagger/cmd/flagger',
    ldflags: STRIP,
    crds: ['artifacts/flagger/crd.yaml'],
    // Its health and metrics would listen to everybody, and no option says otherwise.
    patch: { file: 'pkg/server/server.go', from: '":" + port', to: '"127.0.0.1:" + port' },
  },
  flux('kustomize-controller', true),
  flux('helm-controller', true),
  flux('notification-controller', true),
  // A module that it needs can't be had everywhere, so a stand-in plays it.
  flux('source-controller', false),
  {
    name: 'argo-cd',
    module: 'github.com/argoproj/argo-cd/v3',
    main: null,
    ldflags: [],
    crds: ['manifests/crds/application-crd.yaml'],
  },
] as const satisfies readonly Part[];

export type PartName = (typeof PARTS)[number]['name'];

/** Where a part is pinned. */
export function folderOf(part: Part): string {
  return join(import.meta.dirname, 'parts', part.name);
}
