import { asFerryError, FerryError, Rejected } from '../../../shared/errors.ts';
import type { Deps } from '../deps.ts';
import { each } from '../each.ts';
import type { OpenRelease } from './open.ts';

type Sources = Pick<Deps, 'bucket' | 'images'>;

/** What there is of a release: the file's own ETag, those of its objects, and which of its images are there. */
export async function look({ unit, file }: OpenRelease, { bucket, images }: Sources): Promise<string> {
  const { objects, images: named } = file instanceof Rejected ? { objects: [], images: [] } : file;
  const all = [{ bucket: unit.release.bucket, key: unit.key }, ...objects];
  const [etags, digests] = await Promise.all([
    each(all, async (one) => (await bucket.head(one.bucket, one.key))?.etag ?? ''),
    each(named, async ({ image, digest }) => (await images.resolve(image, digest))?.digest ?? ''),
  ]);
  return [...etags, ...digests].join('\n');
}

/** Whether all of it is still as it was seen. */
export async function isSteadyRelease(release: OpenRelease, seen: string, sources: Sources): Promise<boolean> {
  const now = await look(release, sources).catch(asFerryError);
  return !(now instanceof FerryError) && now === seen;
}
