import type { Change, ObjectChange } from '../../shared/change/change.ts';
import type { Config, Mirror } from '../../shared/config/config.ts';
import { asFerryError, type FerryError } from '../../shared/errors.ts';
import type { Ledger, LedgerHead } from '../../shared/ledger/ledger.ts';
import type { Bucket } from '../../shared/source/bucket.ts';
import { mirrorOf, mirrorUnit, type Unit, unitOf, unitsOf } from '../../shared/unit/unit.ts';
import type { Deps } from './deps.ts';

/** A unit that something points at, and what pointed: the newest event of each of its objects, if events did. */
export interface Concern {
  readonly unit: Unit;
  readonly changes: readonly ObjectChange[];
}

export interface Concerns {
  readonly units: ReadonlyMap<string, Concern>;
  /** Which units each change reaches. */
  readonly reach: ReadonlyMap<Change, readonly string[]>;
  /** Changes and mirrors whose bucket could not be listed. */
  readonly failed: ReadonlyMap<Change | Mirror, FerryError>;
  /** Mirrors whose rule is not the one used last: all their units are concerned. */
  readonly ruled: ReadonlyMap<Mirror, readonly string[]>;
}

/** Mirrors whose rule the ledger has not seen applied to all their units. */
export function changedRules(config: Config, head: LedgerHead): Mirror[] {
  return config.mirrors.filter(({ name, digest }) => head.mirrors[name]?.rule !== digest);
}

/** Which units the changes reach, by the rules as they are on the branch. Lists a bucket only for prefixes and new rules. */
export async function concerned(
  changes: readonly Change[],
  config: Config,
  head: LedgerHead,
  ledger: Ledger,
  { bucket }: Pick<Deps, 'bucket'>,
): Promise<Concerns> {
  const units = new Map<string, { unit: Unit; changes: ObjectChange[] }>();
  const reach = new Map<Change, string[]>();
  const ruled = new Map<Mirror, string[]>();
  const failed = new Map<Change | Mirror, FerryError>();
  const add = (unit: Unit, change?: ObjectChange): string => {
    const concern = units.get(unit.id) ?? { unit, changes: [] };
    if (change !== undefined) concern.changes.push(change);
    units.set(unit.id, concern);
    return unit.id;
  };

  for (const change of changes) {
    if (change.kind === 'object')
      reach.set(
        change,
        unitsOf(config, change.bucket, change.key).map((unit) => add(unit, change)),
      );
    else if (change.kind === 'config' || change.kind === 'image') reach.set(change, []);
    else
      await listed(bucket, change.bucket, change.prefix)
        .then((keys) => {
          const found = keys.flatMap((key) => unitsOf(config, change.bucket, key));
          reach.set(change, [...new Set(found.map((unit) => add(unit)))]);
        })
        .catch((error: unknown) => failed.set(change, asFerryError(error)));
  }

  const renewed = changedRules(config, head);
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
  return { units, reach, ruled, failed };
}

async function listed(bucket: Bucket, name: string, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of bucket.list(name, prefix)) keys.push(key);
  return keys;
}
