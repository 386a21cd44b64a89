import type { ReleaseFile } from '../../../shared/config/release-file.ts';
import { Rejected } from '../../../shared/errors.ts';
import { admits } from '../../../shared/image/tags.ts';
import type { ObjectContent } from '../../../shared/source/bucket.ts';
import { type ImageUnit, imageUnit, type Unit, unitsOf } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { each } from '../each.ts';
import { digestOf } from '../files/content.ts';
import type { Wanted } from '../images/recorded.ts';

/** An object that a release file names, and the unit that it is for. */
export interface ObjectMember {
  readonly unit: Unit;
  readonly digest: string;
  /** Null while the bucket does not hold it with that checksum. */
  readonly object: ObjectContent | null;
}

/** An image that a release file names, and a policy that keeps it. */
export interface ImageMember {
  readonly unit: ImageUnit;
  readonly wanted: Wanted;
  /** Whether the registry holds it. */
  readonly there: boolean;
}

export interface Members {
  readonly objects: readonly ObjectMember[];
  readonly images: readonly ImageMember[];
}

/** Looks for all that a release file names. Throws Rejected for what no rule covers. */
export async function findMembers(file: ReleaseFile, { config, deps }: Batch): Promise<Members> {
  const { bucket, images } = deps;
  const objects = await each(file.objects, async ({ bucket: name, key, digest }): Promise<ObjectMember[]> => {
    const units = unitsOf(config, name, key);
    const [unit] = units;
    if (unit === undefined) throw uncovered(`s3://${name}/${key}`, 'mirror');
    const found = await bucket.get(name, key, unit.mirror.limits.object);
    const object = found !== null && digestOf(found.bytes) === digest ? found : null;
    return units.map((one) => ({ unit: one, digest, object }));
  });
  const found = await each(file.images, async ({ image, tag, digest }): Promise<ImageMember[]> => {
    const rules = config.images.filter((rule) => rule.image === image && admits(rule.policy, tag));
    if (rules.length === 0) throw uncovered(`${image}:${tag}`, 'image policy');
    const there = (await images.resolve(image, digest)) !== null;
    return rules.map((rule) => ({ unit: imageUnit(rule), wanted: { tag, digest }, there }));
  });
  const members = { objects: objects.flat(), images: found.flat() };
  refuseTwice([...members.objects, ...members.images].map(({ unit }) => unit.id));
  return members;
}

/** Of two contents for one unit only one could land. */
function refuseTwice(units: readonly string[]): void {
  const twice = units.find((id, index) => units.indexOf(id) !== index);
  if (twice === undefined) return;
  throw new Rejected('ReleaseMemberTwice', `The release file names two contents for ${twice}.`, {
    hint: 'Name the one that is to land.',
    facts: { unit: twice },
  });
}

function uncovered(what: string, rule: string): Rejected {
  return new Rejected('ReleaseMemberUncovered', `The release file names ${what}, which no ${rule} covers.`, {
    hint: 'Cover it in gitferry.yaml, or take it out of the release file.',
    facts: { what },
  });
}

/** What is not there yet, as people call it. */
export function missingOf({ objects, images }: Members): string[] {
  return [
    ...new Set([
      ...objects.filter(({ object }) => object === null).map(({ unit }) => unit.mirror.prefix + unit.name),
      ...images.filter(({ there }) => !there).map(({ unit, wanted }) => `${unit.image.written}:${wanted.tag}`),
    ]),
  ];
}
