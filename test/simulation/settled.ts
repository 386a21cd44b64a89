import assert from 'node:assert/strict';
import { REMOVED, recordOf, type UnitState } from '../../shared/ledger/state.ts';
import { RELEASE_REJECTED } from '../../shared/unit/release-file.ts';
import { compareVersions, isWithin, parseRange, parseVersion } from '../../shared/version.ts';
import { masked, type Said, sameSaid } from './references.ts';
import { waiting } from './release-invariants.ts';
import { isCovered, policiesOf } from './rules.ts';
import { API, type Content, digestOf } from './uploads.ts';
import type { World } from './world.ts';

/** What holds when everything under way has ended and a sweep has looked at everything. */
export function referencesSayTheRecord(world: World): void {
  for (const [name, image] of policiesOf(world.rules)) {
    const state = world.stateOf(name);
    const record = recordOf(state);
    const placed = [...world.read.said(world.tip)].filter(
      ([place, said]) => said.image === image && isCovered(world.rules, place.slice(0, place.indexOf(' '))),
    );
    if (placed.length === 0 || state.waiting?.reason === 'PlaceEdited' || state.stopped !== undefined) continue;
    // What could not be taken back is left for a person.
    if (state.releases.some(({ stuck }) => stuck !== undefined)) continue;
    const wanted = wantedOf(world, image, state);
    const content = record?.content === REMOVED ? null : (record?.content ?? null);
    // What the rule does not let in any more stands until something else may.
    if (image === API && content !== null && !isWithinRule(world, record?.version ?? null)) continue;
    if (wanted !== null) assert.equal(content, wanted, `${name} should be at ${wanted}`);
    for (const [place, said] of placed)
      if (content !== null)
        assert.ok(
          said.digest === null ? said.tag === record?.version : said.digest === content,
          `${place} says ${said.tag}`,
        );
      else assert.ok(!saysHeld(image, state, said) || isPersons(world, place, said), `${place} says what is held`);
  }
}

/** The digest that the registry's present tags ask for; null where that is for what stands to say. */
function wantedOf(world: World, image: string, state: UnitState): string | null {
  const { images, cast, read, tip } = world;
  const barred = new Set([...state.held, ...reservedDigests(world, state)]);
  if (image !== API) {
    const digest = images.digest(image, 'latest');
    return digest !== null && !barred.has(digest) ? digest : null;
  }
  const versionOf = (tag: string | null) => (isWithinRule(world, tag) ? parseVersion(tag ?? '') : null);
  const heldTags = state.releases.flatMap(({ content, version }) =>
    state.held.includes(content ?? '') ? version : [],
  );
  const [best] = (cast.images[image] ?? [])
    .flatMap((tag) => {
      const [version, digest] = [versionOf(tag), images.digest(image, tag)];
      if (version === null || digest === null || heldTags.includes(tag) || barred.has(digest)) return [];
      return [{ version, digest }];
    })
    .sort((a, b) => compareVersions(b.version, a.version));
  const record = recordOf(state);
  const stands = record?.content != null && record.content !== REMOVED && !state.held.includes(record.content);
  // While there is no record, what references say is not lowered.
  const floors = stands
    ? [record.version]
    : [...read.said(tip)]
        .filter(([, one]) => one.image === image && !saysHeld(image, state, one))
        .map(([, { tag }]) => tag);
  if (best === undefined) return null;
  const above = floors.some((tag) => {
    const version = versionOf(tag);
    return version !== null && compareVersions(version, best.version) > 0;
  });
  return above ? null : best.digest;
}

/** What waits for a release file that names it. */
function reservedDigests(world: World, state: UnitState): string[] {
  const named = waiting(world).flatMap(({ images }) => images.map((one) => digestOf(one.image, one.tag, one.content)));
  const rejected = Object.entries(state.rejected).filter(([, { reason }]) => reason === RELEASE_REJECTED);
  const standing = recordOf(state)?.content;
  return [...named, ...rejected.map(([digest]) => digest)].filter((digest) => digest !== standing);
}

function isWithinRule({ rules }: World, tag: string | null): boolean {
  const [range, version] = [parseRange(rules.images?.semver ?? ''), parseVersion(tag ?? '')];
  return range !== null && version !== null && isWithin(range, version);
}

function saysHeld(image: string, { held, releases }: UnitState, { tag, digest }: Said): boolean {
  if (digest !== null) return held.includes(digest);
  // A moving tag alone says nothing.
  return image === API && releases.some(({ content, version }) => version === tag && held.includes(content ?? ''));
}

/** Whether a person had the last word on a reference, or on another that says the same. */
function isPersons(world: World, place: string, said: Said): boolean {
  const others = [...world.read.said(world.tip)].filter(([, other]) => sameSaid(other, said));
  return [place, ...others.map(([other]) => other)].some((one) => isLastSaidByPerson(world, one));
}

function isLastSaidByPerson({ read, tip }: World, place: string): boolean {
  const commits = read.commits(tip);
  const at = commits.findLastIndex(
    (oid, at) => !sameSaid(read.said(oid).get(place), read.said(commits[at - 1] ?? oid).get(place)),
  );
  return at > 0 && !read.isRelease(commits[at] ?? '');
}

/** Files are as they were uploaded but for their references, unless a person was there last. */
export function filesAreTheirUploads(world: World): void {
  const { read, cast, tip, store } = world;
  const byEtag = new Map<string, Content>();
  for (const contents of Object.values(cast.uploads))
    for (const content of contents) byEtag.set(store.etagOf(content.bytes), content);
  for (const unit of unitsOf(world)) {
    const record = recordOf(world.stateOf(unit));
    const source = record?.source;
    if (record == null || source == null || !('etag' in source)) continue;
    for (const [name, text] of Object.entries(byEtag.get(source.etag)?.files ?? {})) {
      const path: string = `${record.root}/${name}`;
      const last = read
        .commits(tip)
        .findLast((oid) => read.standing(oid, path) !== read.standing(read.parent(oid) ?? oid, path));
      if (last === undefined || !read.isRelease(last)) continue;
      assert.equal(
        masked(read.text(read.files(tip).get(path)?.oid)),
        masked(text),
        `${path} is not as it was uploaded`,
      );
    }
  }
}

/** The files and charts that may ever land. */
function unitsOf({ cast }: World): Set<string> {
  return new Set(Object.keys(cast.uploads).map((key) => key.replace('/', '#').replace(/^(charts#[a-z]+)-.*/u, '$1')));
}

/** What gitferry says of images changes references and nothing else. */
export function onlyReferencesChange({ read, tip }: World, isImage: (unit: string) => boolean): void {
  for (const oid of read.commits(tip)) {
    const records = read.records(oid);
    if (records.length === 0 || !records.every(({ unit }) => isImage(unit))) continue;
    for (const path of read.changed(oid))
      assert.equal(
        read.standing(oid, path),
        read.standing(read.parent(oid) ?? '', path),
        `${oid} changes more of ${path}`,
      );
  }
}
