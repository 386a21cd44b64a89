import type { Oid } from '../../shared/git/object.ts';
import { renderMessage, type Trailers } from '../../shared/git/trailers.ts';
import { type Places, REMOVED, type Release } from '../../shared/ledger/state.ts';
import { TRAILER } from '../../shared/ledger/trailer.ts';
import type { Unit } from '../../shared/unit/unit.ts';

/** What the first line of a release's commit is made of. */
export interface Named {
  readonly unit: Unit;
  readonly release: Release;
  /** The version that stood before, null for none. */
  readonly previous: string | null;
  /** Whether the same content stood elsewhere before. */
  readonly moved: boolean;
  readonly edits: Places;
}

/** All that its message is made of. */
export interface Told extends Named {
  readonly present: Places;
  readonly claims: Readonly<Record<string, string>>;
  /** The ledger's tip before this release, null for a new ledger. */
  readonly ledger: Oid | null;
  /** `renderRecord` of the state after this release. */
  readonly record: string;
}

/** A diff shows the rest. */
const LISTED = 20;

function nameOf({ unit, release, moved, edits }: Named): string {
  if (release.version !== null) return `${unit.name} ${release.version}`;
  const [only, ...others] = Object.keys(edits);
  return only !== undefined && others.length === 0 && !moved ? only : unit.name;
}

/** The first line of the commit, which is also how people are told. */
export function subjectOf(told: Named): string {
  const { content, root } = told.release;
  const name = nameOf(told);
  if (content === REMOVED) return `Remove ${name}`;
  return told.moved ? `Move ${name} to ${root || 'the root'}` : `Release ${name}`;
}

function bodyOf({ unit, release, previous, edits, present }: Told): string[] {
  const lines = Object.entries(edits).map(([path, standing]) => {
    if (standing === null) return `${path}: removed`;
    if (unit.mirror.place.kind !== 'chart') return `${path}: ${present[path] ? 'changed' : 'added'}`;
    return `${path}: ${previous === null || previous === release.version ? '' : `${previous} -> `}${release.version}`;
  });
  return lines.length > LISTED ? [...lines.slice(0, LISTED), `and ${lines.length - LISTED} more`] : lines;
}

/** The message of a release, rendered from the plan as data: no text from outside can start a line of its own. */
export function releaseMessage(told: Told): string {
  const { release, claims, ledger, record } = told;
  const { source, publisher } = release;
  const versionId = source?.versionId == null ? '' : ` versionId=${source.versionId}`;
  const trailers: Trailers = [
    ...(source === null ? [] : [[TRAILER.source, `s3://${source.bucket}/${source.key}${versionId}`] as const]),
    ...(release.content === REMOVED ? [] : [[TRAILER.content, release.content ?? ''] as const]),
    ...(publisher === null ? [] : [[TRAILER.publisher, publisher] as const]),
    ...Object.entries(claims).map(([claim, value]) => [`Gitferry-Claim-${claim}`, value] as const),
    [TRAILER.release, release.release ?? ''],
    [TRAILER.record, record],
    [TRAILER.ledger, ledger ?? '0'.repeat(40)],
  ];
  return renderMessage(subjectOf(told), bodyOf(told), trailers);
}
