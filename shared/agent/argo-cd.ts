import * as z from 'zod';
import type { KubeObject } from './cluster.ts';
import { normalPath } from './concern.ts';
import { count, fields, flag, listOf, part, refOf, text } from './field.ts';
import type { Followed, Follower } from './follower.ts';
import { isSameRepository } from './repository.ts';

export const APPLICATION = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application' } as const;

/** `normal` makes Argo CD ask Git anew; `hard` would also drop what it rendered before. */
export const REFRESH = 'argocd.argoproj.io/refresh';
const SKIP = 'argocd.argoproj.io/skip-reconcile';
const PATHS = 'argocd.argoproj.io/manifest-generate-paths';

const source = z.object({
  repoURL: text,
  targetRevision: text,
  path: text,
  chart: text,
  ref: text,
  helm: part({ valueFiles: listOf(z.string()) }),
});
const health = part({ status: text, message: text });
const resource = z.object({
  group: text,
  version: text,
  kind: text,
  namespace: text,
  name: text,
  status: text,
  /** Of a sync: what applying it said. */
  message: text,
  health,
});

const application = z.object({
  spec: fields({
    source: source.nullable().catch(null),
    sources: listOf(source),
    destination: part({ server: text, name: text, namespace: text }),
    syncPolicy: part({ automated: part({ enabled: z.boolean().catch(true), prune: flag, selfHeal: flag }) }),
  }),
  status: fields({
    sync: part({ status: text, revision: text, revisions: listOf(z.string()) }),
    health,
    operationState: part({
      /** `Running`, `Succeeded`, `Failed`, `Error`, `Terminating`. */
      phase: text,
      message: text,
      startedAt: text,
      finishedAt: text,
      retryCount: count,
      syncResult: part({ revision: text, revisions: listOf(z.string()), resources: listOf(resource) }),
    }),
    conditions: listOf(z.object({ type: z.string(), message: text, lastTransitionTime: text })),
    resources: listOf(resource),
    reconciledAt: text,
  }),
});

export const readApplication = (object: KubeObject) => application.parse(object);

export type Application = ReturnType<typeof readApplication>;

/** Its sources, in the order in which `status.sync.revisions` has theirs; with a single one that is `status.sync.revision`. */
export function sourcesOf({ spec }: Application): readonly z.infer<typeof source>[] {
  if (spec.sources.length > 0) return spec.sources;
  return spec.source === null ? [] : [spec.source];
}

/** The revisions that it was last compared with, of those sources alone that take from this repository and branch. */
export function syncedRevisions(application: Application, followed: Followed): readonly string[] {
  const { sync } = application.status;
  const many = application.spec.sources.length > 0;
  const revisions = many ? (sync?.revisions ?? []) : [sync?.revision ?? ''];
  return sourcesOf(application).flatMap((one, index) => {
    const revision = revisions[index] ?? '';
    return revision !== '' && follows(one, followed) ? [revision] : [];
  });
}

/** The Applications that take anything from this repository and branch. Those of `HEAD` are among them. */
export function applicationsOn(objects: readonly KubeObject[], followed: Followed): Follower[] {
  return objects.flatMap((object) => {
    const read = readApplication(object);
    const ours = sourcesOf(read).filter((one) => follows(one, followed));
    if (ours.length === 0) return [];
    const annotations = object.metadata.annotations ?? {};
    const paths = ours.flatMap((one) => pathsOf(one, read, annotations[PATHS]));
    const [path = null, ...also] = [...new Set(paths)];
    const suspended = annotations[SKIP] === 'true';
    return [{ ref: refOf(object), object, kind: 'application', path, also, suspended, sources: [] }];
  });
}

function follows({ repoURL, targetRevision }: z.infer<typeof source>, { repository, branch }: Followed): boolean {
  if (repoURL === null || !isSameRepository(repoURL, repository)) return false;
  const revision = targetRevision || 'HEAD';
  return revision === 'HEAD' || revision.replace(/^refs\/heads\//u, '') === branch;
}

/** A source that only lends its files to others (`ref`) is followed as far as those name them. */
function pathsOf(one: z.infer<typeof source>, all: Application, annotated: string | undefined): string[] {
  const paths = one.path === null ? [] : [one.path];
  const base = one.path ?? '';
  for (const entry of annotated?.split(';') ?? [])
    if (entry !== '') paths.push(entry.startsWith('/') ? entry : `${base}/${entry}`);
  for (const file of one.helm?.valueFiles ?? []) if (!file.startsWith('$')) paths.push(inside(base, file));
  if (one.ref !== null)
    for (const file of sourcesOf(all).flatMap(({ helm }) => helm?.valueFiles ?? []))
      if (file.startsWith(`$${one.ref}/`)) paths.push(file.slice(one.ref.length + 2));
  return paths.flatMap((path) => normalPath(path) ?? []);
}

function inside(folder: string, file: string): string {
  return file.startsWith('/') ? file : `${folder}/${file}`;
}
