import { parseChartFileName } from '../artifact/chart.ts';
import type { Release, Source, UnitState } from '../ledger/state.ts';
import { objectOf, REMOVED, recordOf } from '../ledger/state.ts';
import type { ObjectInfo } from '../source/bucket.ts';
import { compareVersions, isWithin, parseRange, parseVersion } from '../version.ts';
import type { Unit } from './unit.ts';

/** An object that could be what the unit should be. `version` is null for files. */
export interface Candidate extends ObjectInfo {
  readonly version: string | null;
}

/** What came of reading a candidate: its content's digest, or null when it was rejected. */
export type Known = ReadonlyMap<Candidate, string | null>;

/** What a unit should be now, as far as the listing and what was read so far tell. */
export type Choice =
  | { readonly kind: 'read'; readonly candidate: Candidate }
  | { readonly kind: 'land'; readonly candidate: Candidate }
  | { readonly kind: 'remove' }
  /** What stands stays as it is, but its rule has changed and its object is gone. */
  | { readonly kind: 'relocate' }
  | { readonly kind: 'stay'; readonly why: string };

/** The objects of a listing that belong to this unit. */
export function candidatesOf(unit: Unit, objects: readonly ObjectInfo[]): Candidate[] {
  const { prefix, place } = unit.mirror;
  return objects.flatMap((object): Candidate[] => {
    const rest = object.key.slice(prefix.length);
    if (place.kind === 'files' || unit.name.startsWith('?'))
      return rest === unit.name.replace(/^\?/u, '') ? [{ ...object, version: null }] : [];
    const chart = parseChartFileName(rest);
    return chart?.name === unit.name ? [{ ...object, version: chart.version }] : [];
  });
}

/** Whether the mirror's rule lets a version in; without a range, every release and no prerelease. */
function admits(unit: Unit, version: string | null): boolean {
  if (version === null || unit.mirror.place.kind !== 'chart') return true;
  const [range, parsed] = [parseRange(unit.mirror.place.versions ?? '*'), parseVersion(version)];
  return range !== null && parsed !== null && isWithin(range, parsed);
}

interface Ranked {
  readonly version: string | null;
  readonly modified: string;
}

/** Which of two comes first: the higher version, or the newer upload; ties go to the newer upload. */
function rank(unit: Unit, a: Ranked, b: Ranked): number {
  const { place } = unit.mirror;
  const highest = place.kind === 'chart' && place.select === 'highest';
  const [one, other] = highest ? [parseVersion(a.version ?? ''), parseVersion(b.version ?? '')] : [null, null];
  const byVersion = one !== null && other !== null ? compareVersions(other, one) : 0;
  return byVersion || (a.modified < b.modified ? 1 : a.modified > b.modified ? -1 : 0);
}

/** Candidates that the rule admits, best first. */
export function ranked(unit: Unit, candidates: readonly Candidate[]): Candidate[] {
  return candidates
    .filter(({ version }) => admits(unit, version))
    .sort((a, b) => rank(unit, a, b) || (a.key < b.key ? 1 : -1));
}

function isFrom(candidate: Candidate, source: Source | null): boolean {
  const object = objectOf(source);
  return object?.key === candidate.key && object.etag === candidate.etag;
}

/** Whether the object that a record came from is not there any more. */
export function isGone(record: Release | null, candidates: readonly Candidate[]): boolean {
  return !candidates.some(({ key }) => key === objectOf(record?.source)?.key);
}

/** What stands takes part in the choice while it may stay: not held, admitted, and kept although its object is gone. */
function incumbent(unit: Unit, state: UnitState, candidates: readonly Candidate[]): Release | null {
  const record = recordOf(state);
  if (record === null || record.content === null || record.content === REMOVED) return null;
  if (state.held.includes(record.content) || !admits(unit, record.version)) return null;
  return !isGone(record, candidates) || unit.mirror.onDelete === 'keep' || state.expired ? record : null;
}

/**
 * Chooses what a unit should be: the best candidate that is neither held nor rejected, unless what stands is better.
 * Pure: when a content must be known first, it says which; the caller reads it and asks again.
 */
export function choose(unit: Unit, state: UnitState, candidates: readonly Candidate[], known: Known): Choice {
  const rule = unit.mirror.digest;
  const record = recordOf(state);
  const standing = incumbent(unit, state, candidates);
  const moved = (): Choice =>
    standing?.rule === rule ? { kind: 'stay', why: 'what stands is the best there is' } : { kind: 'relocate' };

  for (const candidate of ranked(unit, candidates)) {
    if (standing !== null && isFrom(candidate, standing.source) && standing.rule === rule)
      return { kind: 'stay', why: 'it stands already' };
    if (
      standing !== null &&
      candidate.key !== objectOf(standing.source)?.key &&
      rank(unit, { version: standing.version, modified: objectOf(standing.source)?.modified ?? '' }, candidate) < 0
    )
      return moved();
    if (
      Object.values(state.rejected).some(
        (past) => past.rule === rule && past.source !== null && isFrom(candidate, past.source),
      )
    )
      continue;
    const digest = known.has(candidate) ? known.get(candidate) : digestInHistory(state, candidate);
    if (digest === null || (digest !== undefined && state.held.includes(digest))) continue;
    return { kind: known.has(candidate) ? 'land' : 'read', candidate };
  }

  if (standing !== null) return moved();
  const gone = isGone(record, candidates) && unit.mirror.onDelete === 'remove' && !state.expired;
  const refused = state.held.includes(REMOVED) || state.rejected[REMOVED]?.rule === rule;
  if (gone && record !== null && record.content !== null && record.content !== REMOVED && !refused)
    return { kind: 'remove' };
  return { kind: 'stay', why: candidates.length === 0 ? 'there is nothing at its source' : 'no candidate may land' };
}

function digestInHistory(state: UnitState, candidate: Candidate): string | undefined {
  return state.releases.find(({ source }) => isFrom(candidate, source))?.content ?? undefined;
}
