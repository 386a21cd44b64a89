import type { Oid } from '../../shared/git/object.ts';
import { renderMessage, type Trailers } from '../../shared/git/trailers.ts';
import { objectOf, type Places, REMOVED, type Release } from '../../shared/ledger/state.ts';
import { TRAILER } from '../../shared/ledger/trailer.ts';
import { addressOf } from '../../shared/notice/outcome.ts';
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

/** All that a release's message is made of; its first line is the release's summary. */
export interface Told {
  readonly release: Release;
  readonly body: readonly string[];
  readonly claims: Readonly<Record<string, string>>;
  /** The digest that an event named, where the source held another by the time it was read. */
  readonly announced?: string | null;
  /** Contents that are held since. */
  readonly held?: readonly string[];
  /** The ledger's tip before this release, null for a new ledger. */
  readonly ledger: Oid | null;
  /** `renderRecord` of the state of each unit after this release. */
  readonly records: readonly string[];
}

/** A diff shows the rest. */
const LISTED = 20;

export function cut(lines: readonly string[]): string[] {
  return lines.length > LISTED ? [...lines.slice(0, LISTED), `and ${lines.length - LISTED} more`] : [...lines];
}

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

/** What becomes of each path. `present`: what stands there now. */
export function bodyOf({ unit, release, previous, edits }: Named, present: Places): string[] {
  const lines = Object.entries(edits).map(([path, standing]) => {
    if (standing === null) return `${path}: removed`;
    if (unit.mirror.place.kind !== 'chart') return `${path}: ${present[path] ? 'changed' : 'added'}`;
    return `${path}: ${previous === null || previous === release.version ? '' : `${previous} -> `}${release.version}`;
  });
  return cut(lines);
}

/** The message of a release, rendered from the plan as data: no text from outside can start a line of its own. */
export function releaseMessage({ release, body, claims, announced = null, held = [], ledger, records }: Told): string {
  const { source, publisher, content, summary, reverts } = release;
  const versionId = objectOf(source)?.versionId ?? null;
  const version = versionId === null ? '' : ` versionId=${versionId}`;
  const trailers: Trailers = [
    ...(source === null ? [] : [[TRAILER.source, `${addressOf(source)}${version}`] as const]),
    ...(content === REMOVED || content === null ? [] : [[TRAILER.content, content] as const]),
    ...(announced === null ? [] : [[TRAILER.announced, announced] as const]),
    ...(publisher === null ? [] : [[TRAILER.publisher, publisher] as const]),
    ...Object.entries(claims).map(([claim, value]) => [`Gitferry-Claim-${claim}`, value] as const),
    [TRAILER.release, release.release ?? ''],
    ...(reverts === undefined ? [] : [[TRAILER.reverts, reverts] as const]),
    ...held.map((one) => [TRAILER.held, one] as const),
    ...records.map((record) => [TRAILER.record, record] as const),
    [TRAILER.ledger, ledger ?? '0'.repeat(40)],
  ];
  return renderMessage(summary, body, trailers);
}
