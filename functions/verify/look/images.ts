import type { Pod } from '../../../shared/agent/pod.ts';
import type { Workload } from '../../../shared/agent/workload.ts';
import { parseImage } from '../../../shared/image/image.ts';
import type { Landed } from '../../../shared/notice/landed.ts';

type Image = NonNullable<Landed['image']>;

/** Whether a template has any container of this image. */
export function usesImage({ images }: Workload, { name }: Image): boolean {
  return images.some(({ image }) => parseImage(image)?.image === name);
}

/**
 * What a template has instead of the released image; null when it has nothing else. A tag may have been moved: what pods
 * really run is asked of them, once they say it.
 */
export function foreignTo(
  { images }: Workload,
  pods: readonly Pod[] | null,
  { name, tag, digest }: Image,
): string | null {
  for (const { container, image } of images) {
    const parsed = parseImage(image);
    if (parsed?.image !== name) continue;
    if (parsed.digest !== null ? parsed.digest !== digest : parsed.tag !== tag) return image;
    if (parsed.digest !== null) continue;
    const run = (pods ?? []).flatMap(({ going, running }) => (going ? [] : running));
    const other = run.find((one) => one.container === container && one.digest !== null && one.digest !== digest);
    if (other !== undefined) return `${image} as ${other.digest}`;
  }
  return null;
}

/** Whether some reference to the image has a tag alone, so that pods have to be asked. */
export function hasTagOnly({ images }: Workload, { name }: Image): boolean {
  return images.some(({ image }) => {
    const parsed = parseImage(image);
    return parsed?.image === name && parsed.digest === null;
  });
}
