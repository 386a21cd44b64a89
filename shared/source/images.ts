import { ecrPlace } from './ecr-name.ts';

/** A tag of an image; `digest` and `pushedAt` (ISO 8601) where a listing tells them. */
export interface Tag {
  readonly tag: string;
  readonly digest: string | null;
  readonly pushedAt: string | null;
}

/** What a tag or a digest points to now. */
export interface Manifest {
  /** `sha256:<hex>`: checked against the bytes, or told by ECR. */
  readonly digest: string;
  readonly mediaType: string;
  readonly pushedAt: string | null;
}

/**
 * Registries, by the canonical names of images (`quay.io/acme/api`). Every method throws Retryable for an outage,
 * Stalled where credentials or permissions are missing, Rejected for answers that are none.
 */
export interface Images {
  /** All tags; none where there is no such image. */
  tags(image: string): Promise<readonly Tag[]>;
  /** Null when there is no such tag or digest. */
  resolve(image: string, tagOrDigest: string): Promise<Manifest | null>;
  /** The digest that a tag points to, as the registry says without having to prove it; null when there is no such tag. */
  peek(image: string, tag: string): Promise<string | null>;
}

/** Images of ECR by ECR's own interface, all others by that of registries. */
export function imagesBy(ecr: Images, registry: Images): Images {
  const of = (image: string): Images => (ecrPlace(image) === null ? registry : ecr);
  return {
    tags: (image) => of(image).tags(image),
    resolve: (image, tagOrDigest) => of(image).resolve(image, tagOrDigest),
    peek: (image, tag) => of(image).peek(image, tag),
  };
}
