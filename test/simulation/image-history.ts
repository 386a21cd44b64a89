import assert from 'node:assert/strict';
import { REMOVED } from '../../shared/ledger/state.ts';
import { compareVersions, isWithin, parseRange, parseVersion } from '../../shared/version.ts';
import { type Said, sameSaid } from './references.ts';
import { isCovered, policiesOf, type Rules } from './rules.ts';
import { API, WEB } from './uploads.ts';
import type { World } from './world.ts';

/** What gitferry released of an image. */
interface Released {
  readonly tag: string;
  readonly digest: string;
}

/** One thing that a reference said, and the last release by then: what came after it was not there yet. */
interface Step {
  readonly said: Said;
  readonly at: number;
  /** Whether a release put it there. */
  readonly ours: boolean;
  /** Whether a person set it back to that. */
  readonly back?: boolean;
  /** The release that it meant then. */
  readonly standing?: Released;
}

/** What happened to the references of one image, as far as commits tell. */
class Policy {
  readonly releases: Released[] = [];
  /** What each reference said while gitferry kept it, oldest first. */
  readonly steps = new Map<string, Step[]>();
  readonly held = new Set<Released>();
  /** What was released, or set back to, newest last: what a tag alone means. */
  readonly #stood: Released[] = [];
  /** All that people ever took back, whether it was noticed or not. */
  readonly takenBack = new Set<Released>();
  readonly image: string;

  constructor(image: string) {
    this.image = image;
  }

  /**
   * Takes in what people did until now: a reference at what it said earlier takes back all that was released since, and
   * ends the hold on what it says.
   */
  look(now: ReadonlyMap<string, Said>): void {
    const back = [...this.steps].flatMap(([place, steps]) => {
      const said = now.get(place);
      if (said === undefined || sameSaid(said, steps.at(-1)?.said)) return [];
      const step = steps.findLast((one) => sameSaid(one.said, said));
      return step === undefined ? [] : [{ place, step }];
    });
    if (back.length === 0) return;
    const at = Math.min(...back.map(({ step }) => step.at));
    const earliest = new Set(back.filter(({ step }) => step.at === at).map(({ step }) => this.#standing(step)?.digest));
    for (const one of this.releases.slice(at + 1)) this.#hold(one);
    const [stands] = earliest.size === 1 ? earliest : [];
    for (const one of this.held) if (one.digest === stands) this.held.delete(one);
    const standing = this.releases.find(({ digest }) => digest === stands);
    if (standing !== undefined) this.#stood.push(standing);
    for (const { place, step } of back)
      this.steps
        .get(place)
        ?.push(
          standing !== undefined && this.says(step.said, standing)
            ? { ...step, at: this.releases.length - 1, back: true, standing }
            : { ...step, back: true },
        );
  }

  /** The release that a reference says. */
  #standing({ said, at, ours, standing }: Step): Released | undefined {
    if (standing !== undefined) return standing;
    const last = this.releases[at];
    return ours && last !== undefined && this.says(said, last)
      ? last
      : this.releases.findLast((one) => this.says(said, one));
  }

  /** A moving tag alone says nothing. */
  says({ tag, digest }: Said, released: Released): boolean {
    return digest === null ? this.image !== WEB && tag === released.tag : digest === released.digest;
  }

  release(released: Released): void {
    this.releases.push(released);
    this.#stood.push(released);
  }

  #hold(released: Released): void {
    this.held.add(released);
    this.takenBack.add(released);
  }

  /** Whether this was taken back. A tag alone says what was released under it last. */
  holds(said: Said): boolean {
    const last = this.#stood.findLast((one) => this.says(said, one));
    return last !== undefined && [...this.held].some(({ digest }) => digest === last.digest);
  }

  /** Whether a person set a reference to what it says. */
  isLeft(place: string, said: Said): boolean {
    const step = this.steps.get(place)?.at(-1);
    return step?.back === true && sameSaid(step.said, said);
  }

  /** Whether a content comes for the first time, under a tag that was taken back. */
  isRebuilt({ tag, digest }: Released): boolean {
    const isNew = !this.releases.some((one) => one.digest === digest);
    return this.image === API && isNew && [...this.held].some((one) => one.tag === tag);
  }

  /** Whether a tag was ever taken back: what is rebuilt under it is no newer. */
  wasTakenBack({ tag, digest }: Said): boolean {
    return [...this.takenBack].some((one) => one.tag === tag || one.digest === digest);
  }
}

interface Commit {
  readonly oid: string;
  readonly was: ReadonlyMap<string, Said>;
  readonly is: ReadonlyMap<string, Said>;
  readonly rules: Rules;
  /** All rules since the release before. */
  readonly since: readonly Rules[];
  readonly units: readonly { readonly unit: string; readonly content: string; readonly version: string | null }[];
}

/** The releases on the branch, oldest first. */
function releases({ read, tip, rulesBy, rules }: World): Commit[] {
  let since: Rules[] = [];
  return read.commits(tip).flatMap((oid): Commit[] => {
    const used = rulesBy.get(read.files(oid).get('gitferry.yaml')?.oid ?? '') ?? rules;
    since.push(used);
    if (!read.isRelease(oid)) return [];
    const units = read
      .records(oid)
      .map(({ unit, release: { content, version } }) => ({ unit, content: content ?? REMOVED, version }));
    const made = { oid, was: read.said(read.parent(oid) ?? ''), is: read.said(oid), rules: used, since, units };
    since = [];
    return [made];
  });
}

/** Invariant 2 of images, commit by commit. */
export function imagesAreRespected(world: World): void {
  for (const image of [API, WEB]) {
    let policy = new Policy(image);
    let name: string | undefined;
    for (const commit of releases(world)) {
      const now = [...policiesOf(commit.rules)].find(([, other]) => other === image)?.[0];
      // A policy that went, and another that came later, have nothing in common.
      if (name !== now && commit.since.some(({ images }) => images === null)) policy = new Policy(image);
      name = now ?? name;
      for (const place of policy.steps.keys())
        if (!commit.since.every((rules) => isCovered(rules, fileOf(place)))) policy.steps.delete(place);
      followed(policy, commit);
    }
  }
}

/** Checks one release against what came before it, and takes it in. */
function followed(policy: Policy, commit: Commit): void {
  const { image } = policy;
  const { oid, was, is, rules, units } = commit;
  const own = units.find(({ unit }) => policiesOf(rules).get(unit) === image);
  const kept = (said: ReadonlyMap<string, Said>): ReadonlyMap<string, Said> =>
    new Map([...said].filter(([place, one]) => one.image === image && isCovered(rules, fileOf(place))));
  const [before, after] = [kept(was), kept(is)];
  const written = [...after].filter(([place, said]) => !sameSaid(said, before.get(place)));
  const left = [...before.keys()].some((place) => !after.has(place));
  if (own === undefined && written.length === 0 && !left) return;
  policy.look(before);
  const settled = certain(policy, before);
  if (own !== undefined && own.version !== null) {
    const released = { tag: own.version, digest: own.content };
    assert.ok(!policy.holds({ image, ...released }), `${oid} releases ${own.version}, which a person had taken back`);
    assert.ok(
      !policy.isRebuilt(released),
      `${oid} releases a rebuild of ${own.version}, which a person had taken back`,
    );
    policy.release(released);
    for (const [place, said] of after)
      if (policy.says(said, released) && sameSaid(said, before.get(place)))
        policy.steps.set(place, [
          ...(policy.steps.get(place) ?? []),
          { said, at: policy.releases.length - 1, ours: true },
        ]);
  }
  const at = policy.releases.length - 1;
  for (const [place, said] of written) {
    const old = before.get(place);
    // What moves along with its file, or is what a person left elsewhere, is no return.
    const stood = [...before].some(
      ([other, one]) => sameSaid(one, said) && (!after.has(other) || policy.isLeft(other, one)),
    );
    assert.ok(!policy.holds(said) || stood, `${oid} lets ${place} say ${said.tag}, which a person had taken back`);
    if (own === undefined) {
      assert.equal(old, undefined, `${oid} brings files, and moves ${place} from ${old?.tag} to ${said.tag}`);
      if (settled !== null)
        assert.ok(sameContent(said, settled), `${oid} lets ${place} say ${said.tag}, not the record`);
    }
    const steps = policy.steps.get(place) ?? [];
    // What a release replaces is what it goes back to.
    if (old !== undefined && !sameSaid(steps.at(-1)?.said, old)) steps.push({ said: old, at: at - 1, ours: false });
    if (image === API && old !== undefined && steps.at(-1)?.ours && sameSaid(steps.at(-1)?.said, old))
      notBelow(policy, commit, place, old, said);
    policy.steps.set(place, [...steps, { said, at, ours: true }]);
  }
}

function fileOf(place: string): string {
  return place.slice(0, place.indexOf(' '));
}

/** What was released is not lowered, unless it was taken back or the rule does not let it in any more. */
function notBelow(policy: Policy, { oid, rules }: Commit, place: string, before: Said, said: Said): void {
  const [from, to] = [parseVersion(before.tag ?? ''), parseVersion(said.tag ?? '')];
  if (from === null || to === null || compareVersions(to, from) >= 0) return;
  const range = parseRange(rules.images?.semver ?? '');
  if (range === null || !isWithin(range, from)) return;
  assert.ok(policy.wasTakenBack(before), `${oid} lowers ${place} from ${before.tag} to ${said.tag}`);
}

/** What all references say, where that is beyond doubt; a new one is to say the same. */
function certain(policy: Policy, now: ReadonlyMap<string, Said>): Said | null {
  const [[, first] = []] = now;
  if (first === undefined || policy.releases.length === 0 || policy.takenBack.size > 0) return null;
  const isOurs = (place: string, one: Said): boolean => {
    const step = policy.steps.get(place)?.at(-1);
    return step?.ours === true && step.at === policy.releases.length - 1 && sameSaid(step.said, one);
  };
  return [...now].every(([place, one]) => sameContent(one, first) && isOurs(place, one)) ? first : null;
}

function sameContent(a: Said, b: Said): boolean {
  return a.tag === b.tag && (a.digest === null || b.digest === null || a.digest === b.digest);
}
