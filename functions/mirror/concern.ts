import type { Change, ImageChange, ObjectChange } from '../../shared/change/change.ts';
import type { Config, ImageRule, Mirror, ReleaseRule } from '../../shared/config/config.ts';
import { asFerryError, type FerryError } from '../../shared/errors.ts';
import type { Ledger, LedgerHead } from '../../shared/ledger/ledger.ts';
import type { Bucket } from '../../shared/source/bucket.ts';
import {
  type ImageUnit,
  imageUnit,
  mirrorOf,
  mirrorUnit,
  releaseUnit,
  type Unit,
  unitOf,
  unitsOf,
} from '../../shared/unit/unit.ts';
import type { Deps } from './deps.ts';
import type { ImageConcern } from './images/concern.ts';
import { namesImage, type OpenRelease, touches } from './releases/open.ts';
import type { ReleaseConcern } from './releases/plan.ts';
import type { Reopened } from './requests/plan.ts';

/** A unit that something points at, and what pointed: the newest event of each of its objects, if events did. */
export interface Concern {
  readonly unit: Unit;
  readonly changes: readonly ObjectChange[];
}

export type Rule = Mirror | ImageRule | ReleaseRule;

export interface Concerns {
  readonly units: ReadonlyMap<string, Concern>;
  readonly images: ReadonlyMap<string, ImageConcern>;
  readonly releases: ReadonlyMap<string, ReleaseConcern>;
  /** Which units each change reaches. */
  readonly reach: ReadonlyMap<Change, readonly string[]>;
  /** Changes and mirrors whose bucket could not be listed. */
  readonly failed: ReadonlyMap<Change | Mirror, FerryError>;
  /** Mirrors whose rule is not the one used last: all their units are concerned. */
  readonly ruled: ReadonlyMap<Rule, readonly string[]>;
}

/** Rules that the ledger has not seen applied to all their units. */
function changed<R extends Rule>(rules: readonly R[], head: LedgerHead): R[] {
  return rules.filter(({ name, digest }) => head.mirrors[name]?.rule !== digest);
}

/** Which units the changes reach, by the rules as they are on the branch. Lists a bucket only for prefixes and new rules. */
export async function concerned(
  changes: readonly Change[],
  config: Config,
  head: LedgerHead,
  ledger: Ledger,
  open: readonly OpenRelease[],
  { bucket }: Pick<Deps, 'bucket'>,
  reopened: Reopened = new Map(),
): Promise<Concerns> {
  const units = new Map<string, { unit: Unit; changes: ObjectChange[] }>();
  const reach = new Map<Change, string[]>();
  const images = new Map<string, { unit: ImageUnit; changes: ImageChange[] }>();
  const releases = new Map<string, { release: OpenRelease; changes: ObjectChange[] }>();
  const ruled = new Map<Rule, string[]>();
  const failed = new Map<Change | Mirror, FerryError>();
  const add = (unit: Unit, change?: ObjectChange): string => {
    const concern = units.get(unit.id) ?? { unit, changes: [] };
    if (change !== undefined) concern.changes.push(change);
    units.set(unit.id, concern);
    return unit.id;
  };

  const addImage = (rule: ImageRule, change?: ImageChange): string => {
    const concern = images.get(rule.name) ?? { unit: imageUnit(rule), changes: [] };
    if (change !== undefined) concern.changes.push(change);
    images.set(rule.name, concern);
    return rule.name;
  };

  const addRelease = (release: OpenRelease, change?: ObjectChange): string => {
    const { id, key } = release.unit;
    const concern = releases.get(id) ?? { release, changes: [] };
    if (change?.key === key) concern.changes.push(change);
    releases.set(id, concern);
    return id;
  };

  const addById = (id: string): string[] => {
    const image = config.images.find(({ name }) => name === id);
    if (image !== undefined) return [addImage(image)];
    const { mirror: rule, name } = mirrorOf(id);
    const mirror = config.mirrors.find((one) => one.name === rule);
    return mirror === undefined ? [] : [add(mirrorUnit(mirror, name))];
  };

  for (const change of changes) {
    if (change.kind === 'object')
      reach.set(change, [
        ...unitsOf(config, change.bucket, change.key).map((unit) => add(unit, change)),
        ...open.filter((one) => touches(one, change.bucket, change.key)).map((one) => addRelease(one, change)),
        // One that is decided may never have been told.
        ...config.releases.flatMap((rule) => releaseUnit(rule, change.bucket, change.key)?.id ?? []),
      ]);
    else if (change.kind === 'config') reach.set(change, []);
    else if (change.kind === 'image')
      reach.set(change, [
        ...config.images.filter(({ image }) => image === change.image).map((rule) => addImage(rule, change)),
        ...open.filter((one) => namesImage(one, change.image)).map((one) => addRelease(one)),
      ]);
    else if (change.kind === 'prefix')
      await listed(bucket, change.bucket, change.prefix)
        .then((keys) => {
          const found = keys.flatMap((key) => unitsOf(config, change.bucket, key));
          reach.set(change, [...new Set(found.map((unit) => add(unit)))]);
        })
        .catch((error: unknown) => failed.set(change, asFerryError(error)));
    else reach.set(change, (reopened.get(change) ?? []).flatMap(addById));
  }

  for (const rule of changed(config.images, head)) ruled.set(rule, [addImage(rule)]);
  for (const rule of changed(config.releases, head))
    ruled.set(
      rule,
      open.filter(({ unit }) => unit.release === rule).map((one) => addRelease(one)),
    );
  const renewed = changed(config.mirrors, head);
  const known = renewed.some(({ name }) => name in head.mirrors) ? await ledger.page(await ledger.shards()) : [];
  for (const mirror of renewed)
    await listed(bucket, mirror.bucket, mirror.prefix)
      .then((keys) => {
        const found = keys.flatMap((key) => unitOf(mirror, key) ?? []);
        const kept = known.map((state) => mirrorOf(state.unit)).filter((id) => id.mirror === mirror.name);
        const gone = kept.map(({ name }) => mirrorUnit(mirror, name));
        ruled.set(mirror, [...new Set([...found, ...gone].map((unit) => add(unit)))]);
      })
      .catch((error: unknown) => failed.set(mirror, asFerryError(error)));
  return { units, images, releases, reach, ruled, failed };
}

async function listed(bucket: Bucket, name: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(name, prefix)) keys.push(key);
  return keys;
}
