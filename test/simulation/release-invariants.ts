import assert from 'node:assert/strict';
import { objectOf, type Source, type UnitState } from '../../shared/ledger/state.ts';
import type { Recorded } from '../../shared/ledger/trailer.ts';
import { masked } from './references.ts';
import { isCovered, policiesOf, type Rules } from './rules.ts';
import { digestOf, type ReleaseFile } from './uploads.ts';
import type { World } from './world.ts';

const RULE = 'together#';

/** The release file of these bytes. */
function releaseFileOf({ cast, store }: World, source: Source | null): ReleaseFile | undefined {
  const { key, etag } = objectOf(source) ?? {};
  return cast.releases[key ?? '']?.find(({ bytes }) => store.etagOf(bytes) === etag);
}

function rulesAt({ read, rulesBy, rules }: World, oid: string): Rules {
  return rulesBy.get(read.files(oid).get('gitferry.yaml')?.oid ?? '') ?? rules;
}

/** The commit of a release file holds all that the file names: files as they were uploaded, and images by their digests. */
export function releasesAreWhole(world: World): void {
  const { read, cast } = world;
  for (const oid of read.commits(world.tip)) {
    const records = read.records(oid);
    const file = releaseFileOf(world, records.find(({ unit }) => unit.startsWith(RULE))?.release.source ?? null);
    if (file === undefined) continue;
    for (const { key, content } of file.objects) {
      const brought = cast.uploads[key]?.[content];
      const etag = world.store.etagOf(brought?.bytes ?? Buffer.from(''));
      const record = records.find(({ release }) => objectOf(release.source)?.etag === etag);
      // What stood there already is not released again.
      if (record === undefined) assert.ok(isKnown(world, oid, { etag }), `${oid} lacks ${key}`);
      else
        for (const [name, text] of Object.entries(brought?.files ?? {})) {
          const there = read.text(read.files(oid).get(`${record.release.root}/${name}`)?.oid);
          assert.equal(masked(there), masked(text), `${oid} brings ${key} in part`);
        }
    }
    for (const { image, tag, content } of file.images)
      for (const [place, said] of read.said(oid))
        if (said.image === image && isCovered(rulesAt(world, oid), place.slice(0, place.indexOf(' '))))
          assert.ok(
            said.tag === tag && (said.digest ?? digestOf(image, tag, content)) === digestOf(image, tag, content),
            `${oid} leaves ${place} at ${said.tag}`,
          );
  }
}

/** Whether a content was released, or found to stand, by another commit. */
function isKnown(
  world: World,
  oid: string,
  { etag, digest }: { readonly etag?: string; readonly digest?: string },
): boolean {
  const { read } = world;
  const commits = read.commits(world.tip);
  const before = commits
    .slice(0, commits.indexOf(oid))
    .flatMap((one) => read.records(one).map(({ release }) => release));
  const units = new Set(commits.flatMap((one) => read.records(one).map(({ unit }) => unit)));
  const adopted = [...units, ...policiesOf(world.rules).keys()].flatMap((unit) =>
    world.stateOf(unit).releases.filter(({ release }) => release === null),
  );
  return [...before, ...adopted].some(({ source, content }) =>
    digest === undefined ? objectOf(source)?.etag === etag : content === digest,
  );
}

/** While a release file waits, or after it was rejected, nothing of what it names lands by itself. */
export function nothingLandsEarly(world: World): void {
  const { read, madeBy, store } = world;
  const releases = store.past.filter(({ object }) => object.key in world.cast.releases);
  for (const oid of read.commits(world.tip)) {
    const made = madeBy.get(oid);
    const records = read.records(oid);
    if (made === undefined || records.some(({ unit }) => unit.startsWith(RULE))) continue;
    if ((rulesAt(world, oid).deadline ?? null) === null) continue;
    const open = releases.filter(
      ({ object, from, to }) => from < made.from && to > made.to && !hasLanded(world, object.key, object.etag),
    );
    for (const record of records)
      for (const { object } of open) {
        const file = world.cast.releases[object.key]?.find(({ bytes }) => store.etagOf(bytes) === object.etag);
        if (file === undefined || !names(world, file, record)) continue;
        const { content, source } = record.release;
        const about = objectOf(source) === null ? { digest: content ?? '' } : { etag: objectOf(source)?.etag ?? '' };
        assert.ok(isKnown(world, oid, about), `${oid} lands ${record.unit} early, which ${object.key} names`);
      }
  }
}

/** Whether a release file landed, or found all of it there. */
function hasLanded(world: World, key: string, etag: string): boolean {
  const { releases } = stateOf(world, key);
  return releases.some(({ source }) => objectOf(source)?.etag === etag);
}

function names({ cast, store }: World, { objects, images, bytes }: ReleaseFile, { release }: Recorded): boolean {
  if (bytes.toString().includes('nonsense')) return false;
  const object = objectOf(release.source);
  return object === null
    ? images.some(({ image, tag, content }) => digestOf(image, tag, content) === release.content)
    : objects.some(({ key, content }) => {
        const brought = cast.uploads[key]?.[content];
        return object.key === key && brought !== undefined && store.etagOf(brought.bytes) === object.etag;
      });
}

/** The release files that are in the bucket and neither landed nor were rejected. */
export function waiting(world: World): ReleaseFile[] {
  const { store, cast, rules } = world;
  if ((rules.deadline ?? null) === null) return [];
  return [...store.objects.values()].flatMap(({ key, etag, bytes }) => {
    const file = cast.releases[key]?.find((one) => one.bytes.equals(bytes));
    return file === undefined || hasLanded(world, key, etag) || isRejected(world, key, etag) ? [] : [file];
  });
}

function isRejected(world: World, key: string, etag: string): boolean {
  const { rejected } = stateOf(world, key);
  return Object.values(rejected).some(({ source }) => objectOf(source)?.etag === etag);
}

function stateOf(world: World, key: string): UnitState {
  return world.stateOf(`${RULE}${key.replace('releases/', '')}`);
}

/** Every release file that is complete, or late, has landed, was rejected, or waits for a person. */
export function releasesAreDecided(world: World): void {
  const { store, cast, images, rules } = world;
  if ((rules.deadline ?? null) === null || rules.images === null) return;
  for (const { key, etag, modified, bytes } of store.objects.values()) {
    const file = cast.releases[key]?.find((one) => one.bytes.equals(bytes));
    if (file === undefined || hasLanded(world, key, etag)) continue;
    const missing =
      file.objects.some(({ key, content }) => {
        const there = store.objects.get(key);
        return there === undefined || !cast.uploads[key]?.[content]?.bytes.equals(there.bytes);
      }) ||
      file.images.some(({ image, tag, content }) => {
        const digests = [...(images.all.get(image)?.values() ?? [])];
        return !digests.includes(digestOf(image, tag, content));
      });
    const isLate = store.clock - Date.parse(modified) > 3_600_000;
    const isDecided = isRejected(world, key, etag) || stateOf(world, key).waiting !== null;
    assert.ok(isDecided || (missing && !isLate), `${key} is undecided`);
  }
}
