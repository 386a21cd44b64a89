import { compileFilter } from '../image/filter.ts';
import { parseImage } from '../image/image.ts';
import type { Policy } from '../image/policy.ts';
import type { ImageRule } from './config.ts';
import type { ImageShape } from './image-schema.ts';
import type { Complaint } from './place.ts';

/** The namespace that Flux's markers name when a rule does not: the one that Flux itself stands in. */
const NAMESPACE = 'flux-system';

/** The kinds of policies, of which a rule has one. */
export const policies = ['semver', 'numerical', 'alphabetical', 'digest'] as const;

/** `shop-api` as markers call it, `flux-system:shop-api`; without a name, by the last part of the repository. */
export function policyName(name: string | undefined, image: string): string {
  const chosen = name ?? image.slice(image.lastIndexOf('/') + 1).replaceAll(/_+/gu, '-');
  return chosen.includes(':') ? chosen : `${NAMESPACE}:${chosen}`;
}

/** What is wrong with an image's name, if anything is. */
export function checkImageName(name: string): Complaint {
  const parsed = parseImage(name);
  const invalid = (message: string): Complaint => ({ reason: 'ValueInvalid', message });
  if (parsed === null) return invalid('must be the name of an image, like quay.io/acme/api.');
  if (parsed.tag === null && parsed.digest === null) return null;
  return invalid('must name an image without tag and digest: which tag is wanted, policy says.');
}

/** What is wrong with a pattern of tags, if anything is. */
export function checkPattern(pattern: string): Complaint {
  const compiled = compileFilter({ pattern, extract: null });
  return typeof compiled === 'function' ? null : { reason: 'ValueInvalid', message: compiled.message };
}

/** A rule as the rest of gitferry knows it, without its digest. */
export function normaliseImage(shape: ImageShape): Omit<ImageRule, 'digest'> {
  const { image = shape.image, written = shape.image } = parseImage(shape.image) ?? {};
  return {
    name: policyName(shape.name, image),
    image,
    written,
    policy: normalisePolicy(shape),
    files: [...new Set(shape.files)].sort(),
    pin: shape.pin,
    onEdit: shape.onEdit,
  };
}

function normalisePolicy({ policy, filterTags }: ImageShape): Policy {
  const filter = filterTags === undefined ? null : { pattern: filterTags.pattern, extract: filterTags.extract || null };
  if (policy.digest !== undefined) return { kind: 'digest', tag: policy.digest };
  if (policy.semver !== undefined) return { kind: 'semver', range: policy.semver, filter };
  if (policy.numerical !== undefined) return { kind: 'numerical', order: policy.numerical.order, filter };
  return { kind: 'alphabetical', order: policy.alphabetical?.order ?? 'asc', filter };
}
