import { asFerryError, type FerryError } from '../../../shared/errors.ts';
import type { Bucket, ObjectInfo } from '../../../shared/source/bucket.ts';
import { type Candidate, candidatesOf } from '../../../shared/unit/choose.ts';
import type { Unit } from '../../../shared/unit/unit.ts';
import { each } from '../each.ts';

/** What a unit's source holds now: the archives of a chart, or the one object of a file. */
export async function observe(unit: Unit, bucket: Bucket): Promise<Candidate[]> {
  const { name, mirror } = unit;
  if (mirror.place.kind === 'files' || name.startsWith('?')) {
    const found = await bucket.head(mirror.bucket, mirror.prefix + name.replace(/^\?/u, ''));
    return candidatesOf(unit, found === null ? [] : [found]);
  }
  const objects: ObjectInfo[] = [];
  for await (const object of bucket.list(mirror.bucket, `${mirror.prefix}${name}-`)) objects.push(object);
  return candidatesOf(unit, objects);
}

/** The same for many units; where a source can't be read, why. */
export async function observeAll(
  units: readonly Unit[],
  bucket: Bucket,
): Promise<ReadonlyMap<string, Candidate[] | FerryError>> {
  const found = await each(units, (unit) => observe(unit, bucket).catch(asFerryError));
  return new Map(units.map((unit, index) => [unit.id, found[index] ?? []]));
}

/** What was seen at a source, to be compared with a later look. */
export function fingerprint(candidates: readonly Candidate[]): string {
  return candidates.map(({ key, etag, modified }) => `${key} ${etag} ${modified}`).join('\n');
}
