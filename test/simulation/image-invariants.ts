import assert from 'node:assert/strict';
import { compareVersions, isWithin, parseRange, parseVersion } from '../../shared/version.ts';
import { type Moment, momentsOf } from './image-history.ts';
import { events as ledgerEvents } from './invariants.ts';
import { type Judged, Policy, type Released } from './policy.ts';
import { type Said, sameSaid } from './references.ts';
import { GLOBS, isCovered, policiesOf } from './rules.ts';
import { API, WEB } from './uploads.ts';
import type { World } from './world.ts';

/** Invariant 2 of images, release by release. */
export function imagesAreRespected(world: World): void {
  const moments = momentsOf(world);
  const judged = judgedOf(world);
  for (const image of [API, WEB]) {
    let policy = new Policy(image, judged);
    let name: string | undefined;
    for (const moment of moments) {
      const now = [...policiesOf(moment.rules)].find(([, other]) => other === image)?.[0];
      // A policy that went, and another that came later, have nothing in common; nor is it told when rules were looked at.
      const others = moment.since.filter((rules) => rules !== moment.rules);
      const went = name !== now && others.some(({ images }) => images === null);
      if (went || others.some(({ images }) => images !== null && images.glob !== GLOBS.all))
        policy = new Policy(image, judged);
      name = now ?? name;
      if (now !== undefined) policy.forget((place) => isCovered(moment.rules, fileOf(place)));
      followed(policy, moment, world.repository.atomic);
    }
  }
}

/** The images that were ever judged, or let in again. */
function judgedOf(world: World): Judged {
  const events = ledgerEvents(world);
  const lifted = new Set(events.flatMap(({ type, contents = [] }) => (type === 'lifted' ? contents : [])));
  const guilty = new Set(
    events.flatMap(({ type, verdict, release }) => (type === 'asked' || verdict === 'failed' ? [release] : [])),
  );
  const failed = world.read
    .commits(world.tip)
    .flatMap((oid) => world.read.records(oid))
    .flatMap(({ release: { release, version, content } }) =>
      guilty.has(release ?? '') && version !== null && content !== null ? [{ tag: version, digest: content }] : [],
    );
  return { failed, lifted };
}

/** Checks one release against what came before it, and takes it in. */
function followed(policy: Policy, moment: Moment, atomic: boolean): void {
  const { image } = policy;
  const { oid, rules } = moment;
  const isOwn = (unit: string): boolean => policiesOf(rules).get(unit) === image;
  const own = moment.units.find(({ unit }) => isOwn(unit));
  const [before, after] = [moment.was, moment.is].map((said) => keptOf(policy, moment, said)) as [Kept, Kept];
  if (!moment.isRelease) {
    if (moment.noticed.some(isOwn)) policy.look(after);
    return;
  }
  const written = [...after].filter(([place, said]) => !sameSaid(said, before.get(place)));
  const left = [...before.keys()].some((place) => !after.has(place));
  if (own === undefined && written.length === 0 && !left) return;
  policy.look(before);
  const record = certain(policy, before);
  if (own !== undefined && own.version !== null)
    released(policy, moment, before, { tag: own.version, digest: own.content, reverts: own.reverts });

  for (const [place, said] of written) {
    const old = before.get(place);
    // What moves along with its file, or is what a person left elsewhere, is no return.
    const stood = [...before].some(
      ([other, one]) => sameSaid(one, said) && (!after.has(other) || policy.isLeft(other, one)),
    );
    assert.ok(!policy.holds(said) || stood, `${oid} lets ${place} say ${said.tag}, which a person had taken back`);
    if (own === undefined) {
      assert.equal(old, undefined, `${oid} brings files, and moves ${place} from ${old?.tag} to ${said.tag}`);
      if (record !== null) assert.ok(sameContent(said, record), `${oid} lets ${place} say ${said.tag}, not the record`);
    }
    const last = policy.last(place);
    // Without atomic pushes the ledger may lose what it noticed of people, and then hold more than they took back.
    if (old !== undefined && last?.by === 'release' && sameSaid(last.said, old) && atomic)
      notBelow(policy, moment, place, old, said);
    // What a release replaces is what it goes back to.
    if (old !== undefined && !sameSaid(last?.said, old)) policy.put(place, old, 'other', policy.releases.length - 2);
    if (policy.releases.length > 0) policy.put(place, said, 'release');
  }
}

type Kept = ReadonlyMap<string, Said>;

/** What the references that the policy keeps say. */
function keptOf({ image }: Policy, { rules }: Moment, said: Kept): Kept {
  return new Map([...said].filter(([place, one]) => one.image === image && isCovered(rules, fileOf(place))));
}

/** Takes in a release, also by the references that said it already. */
function released(policy: Policy, { oid, is }: Moment, before: Kept, made: Released): void {
  const { image } = policy;
  const { tag, digest } = made;
  assert.ok(!policy.holds({ image, tag, digest }), `${oid} releases ${tag}, which a person had taken back`);
  assert.ok(!policy.isRebuilt({ tag, digest }), `${oid} releases a rebuild of ${tag}, which a person had taken back`);
  policy.release(made);
  for (const [place, said] of before)
    if (policy.says(said, { tag, digest }) && sameSaid(said, is.get(place))) policy.put(place, said, 'release');
}

/** The file of a reference. */
function fileOf(place: string): string {
  return place.slice(0, place.indexOf(' '));
}

/** What was released is not lowered, unless it was taken back or the rule does not let it in any more. */
function notBelow(policy: Policy, { oid, rules }: Moment, place: string, before: Said, said: Said): void {
  const [from, to] = [parseVersion(before.tag ?? ''), parseVersion(said.tag ?? '')];
  if (from === null || to === null || compareVersions(to, from) >= 0) return;
  const range = parseRange(rules.images?.semver ?? '');
  if (range === null || !isWithin(range, from)) return;
  assert.ok(policy.wasTakenBack(before), `${oid} lowers ${place} from ${before.tag} to ${said.tag}`);
}

/** What all references say, where that is beyond doubt; a new one is to say the same. */
function certain(policy: Policy, now: Kept): Said | null {
  const [[, first] = []] = now;
  if (first === undefined || policy.releases.length === 0 || policy.takenBack.size > 0) return null;
  if (policy.judged.failed.length > 0) return null;
  const isNewest = (place: string, one: Said): boolean => {
    const step = policy.last(place);
    return step?.by === 'release' && step.at === policy.releases.length - 1 && sameSaid(step.said, one);
  };
  return [...now].every(([place, one]) => sameContent(one, first) && isNewest(place, one)) ? first : null;
}

function sameContent(a: Said, b: Said): boolean {
  return a.tag === b.tag && (a.digest === null || b.digest === null || a.digest === b.digest);
}
