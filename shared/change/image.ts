import * as z from 'zod';
import { isDigest, isTag, parseImage, partsOf } from '../image/image.ts';
import type { ImageChange } from './change.ts';

export const imageTag = z.string().refine(isTag, { error: 'is no tag' });

/** The same of an event that may be about none, and says so by an empty one. */
export const anyTag = z
  .string()
  .refine((tag) => tag === '' || isTag(tag), { error: 'is no tag' })
  .nullish();

/** What an event claims of it is only carried along, so that it need not be one: the registry is asked. */
export const imageDigest = z.string().refine(isDigest).optional().catch(undefined);

/** A canonical name. */
export const imageName = z.string().refine((name) => parseImage(name)?.image === name, { error: 'is no image' });

/** The canonical name of a repository at a registry's host; null when no manifest could name it so. */
export function imageAt(registry: string, repository: string): string | null {
  const named = parseImage(`${registry}/${repository}`);
  if (named === null || named.tag !== null || named.digest !== null) return null;
  // A host without a dot or port would be read as a folder of Docker Hub.
  if (partsOf(named.image).registry === 'docker.io' && !registry.includes('.')) return null;
  return named.image;
}

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

/** A change of an image, without the fields that are not known. */
export function imageChange(
  fields: Loose<Omit<ImageChange, 'kind' | 'image'>> & Pick<ImageChange, 'image'>,
): ImageChange {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { kind: 'image', ...(Object.fromEntries(known) as Omit<ImageChange, 'kind'>) };
}
