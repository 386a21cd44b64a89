import type { ObjectChange } from '../../shared/change/change.ts';
import type { ObjectInfo } from '../../shared/source/bucket.ts';

/** Metadata keys that CI may set, and how the trailer calls them. */
const CLAIMS: Readonly<Record<string, string>> = { build: 'Build', 'source-commit': 'Source-Commit' };

/** What CI claims beside the object, bounded. */
export function claimsOf(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(CLAIMS).flatMap(([key, name]) => (metadata[key] ? [[name, metadata[key].slice(0, 256)]] : [])),
  );
}

/**
 * The event that speaks of the very version that was read; others don't count. Without bucket versions the ETag tells,
 * which is the content's.
 */
export function eventOf(object: ObjectInfo, changes: readonly ObjectChange[]): ObjectChange | null {
  const same = ({ key, versionId, etag }: ObjectChange): boolean =>
    key === object.key &&
    (versionId !== undefined ? versionId === object.versionId : object.versionId === null && etag === object.etag);
  return changes.findLast(same) ?? null;
}
