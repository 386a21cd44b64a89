import type { Cluster, KubeObject } from '../../../shared/agent/cluster.ts';
import { keyOf } from '../../../shared/agent/field.ts';
import { type Finding, keyFor, MINUTE, nameOf, type Trials } from './finding.ts';
import { isLeftAlone } from './holdings.ts';
import { type Foreign, foreignImages, foreignPods, isWorkload, oncePerNamespace } from './images.ts';
import type { Forbidden, Subject } from './live.ts';
import { isController, type Owned, ownerOf, ownersOf, writtenByPeople } from './owners.ts';
import { together } from './together.ts';
import { type Trial, tryOut } from './trials.ts';

const CHANGED = 'FieldsChanged';
const IMAGE = 'ImageDiffers';
const DELETED = 'ObjectDeleted';
/** What an object that an agent applied may be told for. */
export const REASONS: readonly string[] = [CHANGED, IMAGE, DELETED];

/** What is made or replaced just now is seen so for a moment. */
const PASSING = 5 * MINUTE;
const PODS = 4;

const SET_RIGHT = 'Set it right in Git if it is to stay; else have the agent apply again, or set drift: converge.';
const BY_HAND = 'Flux does not set it right by itself: set spec.driftDetection.mode: enabled of its HelmRelease.';

/** What was compared of the objects that the agents applied. */
export interface Compared {
  readonly findings: readonly (readonly [Subject, Finding])[];
  readonly unsure: readonly string[];
  readonly untried: readonly string[];
  readonly after: string | null;
  /** Objects whose turn to be tried out comes with the next sweep. */
  readonly left: number;
}

export interface Conditions {
  readonly manifests: ReadonlyMap<Subject, KubeObject>;
  /** Objects that Flagger scales, by `keyOf`. */
  readonly canaries: ReadonlySet<string>;
  readonly trials: Trials;
  readonly forbidden: Forbidden;
  readonly now: Date;
  readonly hasTime: () => boolean;
}

/** Compares objects with what was applied. Throws what the cluster throws. */
export async function compareObjects(
  cluster: Cluster,
  subjects: readonly Subject[],
  conditions: Conditions,
): Promise<Compared> {
  const { manifests, canaries, trials, forbidden, now, hasTime } = conditions;
  const findings: (readonly [Subject, Finding])[] = [];
  const unsure: string[] = [];
  const untried: string[] = [];
  const doubt = (subject: Subject, ...reasons: readonly string[]): void => {
    for (const reason of reasons) unsure.push(keyFor(reason, subject.ref));
  };
  const present: Trial[] = [];
  const plain: { readonly subject: Subject; readonly live: KubeObject }[] = [];
  for (const subject of subjects) {
    const { live, holding } = subject;
    if (holding.follower.suspended) doubt(subject, ...REASONS);
    else if (live === null) {
      if (holding.busy) doubt(subject, ...REASONS);
      else findings.push([subject, deleted(subject)]);
    } else if (live.metadata.deletionTimestamp !== undefined) doubt(subject, ...REASONS);
    else if (isLeftAlone(live) !== 'wholly') {
      plain.push({ subject, live });
      const manifest = manifests.get(subject);
      if (manifest !== undefined && !holding.busy) present.push({ subject, live, manifest });
    }
  }
  const known = new Map(present.map(({ subject, manifest }) => [subject, manifest]));
  const tried = await tryOut(cluster, present, trials, forbidden, now, hasTime);
  const cached = oncePerNamespace(cluster);
  await together(plain, PODS, async ({ subject, live }) => {
    const owners = ownersOf(live);
    const manifest = known.get(subject);
    const images = isWorkload(live) && manifest !== undefined ? foreignImages(live, manifest, owners) : [];
    const pods = images.length === 0 && isWorkload(live) ? await foreignPods(cached, live) : [];
    if (images.length > 0) findings.push([subject, imageFinding(subject, images, 0)]);
    else if (pods !== null && pods.length > 0) findings.push([subject, podsFinding(subject, pods)]);
    else if (pods === null || subject.holding.busy) doubt(subject, IMAGE);
    const found = changedFields(live, owners, tried.changed.get(subject) ?? [], canaries.has(keyOf(subject.ref)));
    // Told of as an image already.
    const others = images.length === 0 ? found : found.filter(({ path }) => !path.endsWith('.image'));
    if (others.length > 0) findings.push([subject, fieldsFinding(subject, others)]);
    else if (!tried.changed.has(subject)) untried.push(keyFor(CHANGED, subject.ref));
  });
  return { findings, unsure, untried, after: tried.after, left: tried.left };
}

interface Changed {
  readonly path: string;
  readonly owner: Owned | null;
  readonly byTrial: boolean;
}

function changedFields(
  live: KubeObject,
  owners: readonly Owned[],
  tried: readonly string[],
  scaledByFlagger: boolean,
): Changed[] {
  const people = isLeftAlone(live) === 'partly' ? [] : writtenByPeople(owners);
  const changed = new Map<string, Changed>(
    people.map((owner) => [owner.path, { path: owner.path, owner, byTrial: false }]),
  );
  for (const path of tried) {
    const owner = ownerOf(path, owners);
    if (owner !== null && isController(owner.manager)) continue;
    if (owner !== null && changed.has(owner.path)) continue;
    changed.set(path, { path, owner, byTrial: true });
  }
  return [...changed.values()].filter(({ path }) => !(scaledByFlagger && path === 'spec.replicas'));
}

const FIELDS = 15;

function fieldsFinding({ ref, holding }: Subject, changed: readonly Changed[]): Finding {
  const by = new Map<string, string[]>();
  for (const { path, owner } of changed.slice(0, FIELDS)) {
    const when = owner === null || owner.at === null ? '' : ` at ${owner.at}`;
    const who = owner === null ? 'by nobody who is known' : `by ${owner.manager}${when}`;
    by.set(who, [...(by.get(who) ?? []), path]);
  }
  const parts = [...by].map(([who, paths]) => `${paths.join(', ')} (${who})`);
  const more = changed.length > FIELDS ? `, and ${changed.length - FIELDS} fields more` : '';
  const message = `${nameOf(ref)} was changed: ${parts.join('; ')}${more}.`;
  const times = changed.flatMap(({ owner }) => owner?.at ?? []).sort();
  const byTrial = changed.every((one) => one.byTrial);
  return { ...finding(CHANGED, { ref, holding }, message, times[0] ?? null, 0), byTrial };
}

function imageFinding({ ref, holding }: Pick<Subject, 'ref' | 'holding'>, images: readonly Foreign[], grace: number) {
  const message = `${nameOf(ref)} is not what Git declares: ${images.map(({ message }) => message).join('; ')}.`;
  return finding(IMAGE, { ref, holding }, message, null, grace);
}

/** Applying the same template again would not replace them. */
function podsFinding(subject: Subject, images: readonly Foreign[]): Finding {
  const hint = 'See who changed its pods, and restart them: kubectl rollout restart.';
  return { ...imageFinding(subject, images, PASSING), hint, mend: null };
}

function deleted(subject: Subject): Finding {
  const message = `${nameOf(subject.ref)} was applied by ${nameOf(subject.holding.follower.ref)}, and is not there any more.`;
  return finding(DELETED, subject, message, null, PASSING);
}

function finding(
  reason: string,
  { ref, holding: { mend } }: Pick<Subject, 'ref' | 'holding'>,
  message: string,
  since: string | null,
  grace: number,
): Finding {
  return { reason, object: ref, message, hint: mend === null ? BY_HAND : SET_RIGHT, since, grace, mend };
}
