import { Retryable } from '../errors.ts';
import { partsOf } from '../image/image.ts';
import type { Images } from './images.ts';

/**
 * The same registries, for one invocation: one that let a request run out of time is not asked again, so that a hundred
 * of its images hold all others up no longer than one does.
 */
export function impatient(images: Images): Images {
  const silent = new Map<string, Retryable>();
  const ask = async <T>(image: string, work: () => Promise<T>): Promise<T> => {
    const { registry } = partsOf(image);
    const known = silent.get(registry);
    if (known !== undefined) throw known;
    try {
      return await work();
    } catch (error) {
      if (error instanceof Retryable && error.facts.late === true) silent.set(registry, error);
      throw error;
    }
  };
  return {
    tags: (image) => ask(image, () => images.tags(image)),
    resolve: (image, tagOrDigest) => ask(image, () => images.resolve(image, tagOrDigest)),
    peek: (image, tag) => ask(image, () => images.peek(image, tag)),
  };
}
