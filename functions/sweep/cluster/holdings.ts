import * as z from 'zod';
import type { KubeObject, ObjectRef } from '../../../shared/agent/cluster.ts';
import { conditionOf, part, text } from '../../../shared/agent/field.ts';
import { commitOf, inventoryOf, readHelmRelease, readKustomization } from '../../../shared/agent/flux.ts';
import type { Follower } from '../../../shared/agent/follower.ts';

/** What one of Flux's objects applied. */
export interface Holding {
  readonly follower: Follower;
  readonly objects: readonly ObjectRef[];
  /** The commit that its objects were applied from; null where that can't be told, or something else changes them. */
  readonly commit: string | null;
  /** It is to be asked when something is not as it applied it; null: it would not set it right. */
  readonly mend: ObjectRef | null;
  /** It is at work: what it applied and what it says it applied may differ for the moment. */
  readonly busy: boolean;
}

/** Fields of a Kustomization that change what it applies. */
const changes = z.object({
  spec: part({
    patches: z.array(z.unknown()).catch([]),
    images: z.array(z.unknown()).catch([]),
    components: z.array(z.unknown()).catch([]),
    postBuild: z.unknown().optional(),
    commonMetadata: z.unknown().optional(),
    namePrefix: text,
    nameSuffix: text,
    kubeConfig: z.unknown().optional(),
  }),
});
const remote = z.object({ spec: part({ kubeConfig: z.unknown().optional(), driftDetection: part({ mode: text }) }) });
const progress = z.object({ status: part({ observedGeneration: z.number().catch(0) }) });

/** What the Kustomizations and HelmReleases hold in this cluster. Of one that is suspended nobody expects anything. */
export function holdingsOf(followers: readonly Follower[]): Holding[] {
  return followers.flatMap((follower) => {
    if (isElsewhere(follower.object)) return [];
    if (follower.kind === 'kustomization') return [ofKustomization(follower)];
    return follower.kind === 'helm-release' ? [ofHelmRelease(follower)] : [];
  });
}

function ofKustomization(follower: Follower): Holding {
  const { object, ref, path } = follower;
  const { status } = readKustomization(object);
  const { spec } = changes.parse(object);
  const plain =
    spec !== null &&
    spec.patches.length + spec.images.length + spec.components.length === 0 &&
    spec.postBuild == null &&
    spec.commonMetadata == null &&
    !spec.namePrefix &&
    !spec.nameSuffix;
  const { lastAppliedRevision, lastAttemptedRevision, conditions } = status;
  return {
    follower,
    objects: inventoryOf(status.inventory),
    commit: plain && path !== null ? commitOf(lastAppliedRevision) : null,
    mend: ref,
    busy:
      lastAppliedRevision !== lastAttemptedRevision ||
      conditionOf(conditions, 'Ready')?.status !== 'True' ||
      isUnseen(object),
  };
}

function ofHelmRelease(follower: Follower): Holding {
  const { object, ref } = follower;
  const { status } = readHelmRelease(object);
  const corrects = remote.parse(object).spec?.driftDetection?.mode === 'enabled';
  return {
    follower,
    objects: inventoryOf(status.inventory),
    commit: null,
    mend: corrects ? ref : null,
    busy: conditionOf(status.conditions, 'Ready')?.status !== 'True' || isUnseen(object),
  };
}

/** It applies to another cluster than the one that it stands in. */
function isElsewhere(object: KubeObject): boolean {
  return remote.parse(object).spec?.kubeConfig != null;
}

function isUnseen(object: KubeObject): boolean {
  return (progress.parse(object).status?.observedGeneration ?? 0) < (object.metadata.generation ?? 0);
}

/** The labels by which Flux marks what a HelmRelease or a Kustomization applied. */
const MARKS: Readonly<Record<string, string>> = {
  'helm-release': 'helm.toolkit.fluxcd.io',
  kustomization: 'kustomize.toolkit.fluxcd.io',
};

/** The labels that an object has by its holding. */
export function marksOf({ follower: { kind, ref } }: Holding): Readonly<Record<string, string>> {
  const mark = MARKS[kind];
  return { [`${mark}/name`]: ref.name, [`${mark}/namespace`]: ref.namespace ?? '' };
}

/** Whether Flux was told to leave an object alone, or to apply it beside others. */
export function isLeftAlone({ metadata }: KubeObject): 'wholly' | 'partly' | null {
  const of = (key: string): string => {
    const name = `kustomize.toolkit.fluxcd.io/${key}`;
    return (metadata.annotations?.[name] ?? metadata.labels?.[name] ?? '').toLowerCase();
  };
  if (of('reconcile') === 'disabled' || of('ssa') === 'ignore' || of('ssa') === 'ifnotpresent') return 'wholly';
  return of('ssa') === 'merge' ? 'partly' : null;
}
