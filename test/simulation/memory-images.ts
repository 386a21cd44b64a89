import { createHash } from 'node:crypto';
import type { Images, Manifest, Tag } from '../../shared/source/images.ts';
import type { Gate } from './memory-remote.ts';

/** The digest of a content that a test makes up. */
export function digestNamed(content: string): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** A registry in memory: what each tag of each image points to. */
export class MemoryImages implements Images {
  readonly #images = new Map<string, Map<string, string>>();

  /** Lets a tag point to a content of that name; returns its digest. */
  push(image: string, tag: string, content = `${image}:${tag}`): string {
    const digest = digestNamed(content);
    this.point(image, tag, digest);
    return digest;
  }

  remove(image: string, tag: string): void {
    this.#images.get(image)?.delete(tag);
  }

  /** What all tags of all images point to. */
  get all(): ReadonlyMap<string, ReadonlyMap<string, string>> {
    return this.#images;
  }

  /** Lets a tag point to a digest. */
  point(image: string, tag: string, digest: string): void {
    const tags = this.#images.get(image) ?? new Map<string, string>();
    this.#images.set(image, tags.set(tag, digest));
  }

  /** What a tag points to, null for nothing. */
  digest(image: string, tag: string): string | null {
    return this.#images.get(image)?.get(tag) ?? null;
  }

  async tags(image: string): Promise<readonly Tag[]> {
    return [...(this.#images.get(image)?.keys() ?? [])].map((tag) => ({ tag, digest: null, pushedAt: null }));
  }

  async peek(image: string, tag: string): Promise<string | null> {
    return this.digest(image, tag);
  }

  async resolve(image: string, asked: string): Promise<Manifest | null> {
    const tags = this.#images.get(image) ?? new Map<string, string>();
    const digest = asked.startsWith('sha256:') ? [...tags.values()].find((one) => one === asked) : tags.get(asked);
    return digest === undefined
      ? null
      : { digest, mediaType: 'application/vnd.oci.image.manifest.v1+json', pushedAt: null };
  }
}

/** The same registry as one client sees it; every call waits its turn first. */
export function memoryImages(registry: MemoryImages, gate: Gate): Images {
  return {
    async tags(image) {
      await gate('tags');
      return registry.tags(image);
    },
    async peek(image, tag) {
      await gate('peek');
      return registry.peek(image, tag);
    },
    async resolve(image, asked) {
      await gate('resolve');
      return registry.resolve(image, asked);
    },
  };
}
