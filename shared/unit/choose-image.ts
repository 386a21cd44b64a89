import { admits, compareTags, rankTags } from '../image/tags.ts';
import { REMOVED, type Release, recordOf, type UnitState } from '../ledger/state.ts';
import type { Tag } from '../source/images.ts';
import type { ImageUnit } from './unit.ts';

/** What came of asking for a tag: the digest that it points to, or null when it is gone or was rejected. */
export type KnownTags = ReadonlyMap<string, string | null>;

/** What an image's references should say, as far as the list of tags and what was asked so far tell. */
export type ImageChoice =
  | { readonly kind: 'read'; readonly tag: string }
  | { readonly kind: 'want'; readonly tag: string; readonly digest: string; readonly why: string }
  | { readonly kind: 'stay'; readonly why: string };

/**
 * The tags that were taken back or failed: a rebuild under the same tag is no newer content. Where another tag of the very
 * same content stands, only the tag was taken back.
 */
export function heldTags(state: UnitState): ReadonlySet<string> {
  const { held, releases } = state;
  const taken = releases.filter((past, at) => {
    if (past.content === null) return false;
    return held.includes(past.content) || isRetagTakenBack(past, releases.slice(at + 1), recordOf(state));
  });
  return new Set(taken.flatMap(({ version }) => version ?? []));
}

function isRetagTakenBack({ release, version, content }: Release, later: readonly Release[], record: Release | null) {
  const other = later.some((left) => left.release === null && left.content === content && left.version !== version);
  return release !== null && other && record?.version !== version;
}

/** What stands takes part in the choice while it may stay: neither held nor outside the policy. */
function incumbent({ image }: ImageUnit, state: UnitState): Release | null {
  const record = recordOf(state);
  if (record === null || record.content === null || record.content === REMOVED || record.version === null) return null;
  return state.held.includes(record.content) || !admits(image.policy, record.version) ? null : record;
}

/** Whether a release was of the image that the rule names now. */
function isOf({ source }: Release, { image }: ImageUnit): boolean {
  return source === null || !('image' in source) || source.image === image.image;
}

/**
 * Chooses the best tag that is not held, never below what stands. `floor`: the best tag that references have while there
 * is no record. `barred`: digests that must be left alone; another build under their tags need not. Pure: when a tag's digest must be known first, it says which; the caller asks the registry and comes back.
 */
export function chooseImage(
  unit: ImageUnit,
  state: UnitState,
  tags: readonly Tag[],
  floor: string | null,
  known: KnownTags,
  barred: ReadonlySet<string> = new Set(),
): ImageChoice {
  const { policy } = unit.image;
  const standing = incumbent(unit, state);
  const listed = new Map(tags.map(({ tag, digest }) => [tag, digest]));
  const held = policy.kind === 'digest' ? new Set<string>() : heldTags(state);

  for (const tag of rankTags(policy, [...listed.keys()])) {
    const better = standing?.version ?? floor;
    if (better !== null && compareTags(policy, better, tag) < 0) break;
    if (held.has(tag)) continue;
    const digest = known.has(tag) ? known.get(tag) : listed.get(tag);
    if (digest === undefined || (digest === null && !known.has(tag))) return { kind: 'read', tag };
    if (digest === null || state.held.includes(digest) || barred.has(digest)) continue;
    return { kind: 'want', tag, digest, why: 'it is the best that may land' };
  }
  // What was released from another registry need not be in this one.
  if (standing !== null && !isOf(standing, unit))
    return { kind: 'stay', why: `what stands (${standing.version}) is newer than what this registry has` };
  if (standing?.version && standing.content)
    return { kind: 'want', tag: standing.version, digest: standing.content, why: 'it is the best that may land' };
  if (floor !== null) return { kind: 'stay', why: `what stands (${floor}) is newer than what the registry has` };
  return { kind: 'stay', why: listed.size === 0 ? 'the registry has no such image' : 'no tag may land' };
}
