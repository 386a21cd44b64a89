import { Rejected, Retryable } from '../../../shared/errors.ts';
import { FOLDER } from '../../../shared/git/tree.ts';
import { placesOf, REMOVED, recordOf, type UnitState } from '../../../shared/ledger/state.ts';
import { type Bucket, type ObjectContent, tooLarge } from '../../../shared/source/bucket.ts';
import { type Candidate, choose } from '../../../shared/unit/choose.ts';
import { RELEASE_REJECTED } from '../../../shared/unit/release-file.ts';
import { rootOf, type Unit } from '../../../shared/unit/unit.ts';
import { type Content, digestOf, readContent } from './content.ts';
import type { Desired } from './decide.ts';
import { observe } from './observe.ts';

/** Why one object of a unit must not land. */
export interface Refusal {
  readonly error: Rejected;
  /** The digest of its bytes; null when they were not read. */
  readonly content: string | null;
  readonly candidate: Candidate;
}

/** What a unit should be now, and what was turned away on the way there. */
export interface Judgement {
  readonly candidates: readonly Candidate[];
  readonly refusals: readonly Refusal[];
  /** Null: what stands stays, `why` says so. */
  readonly desired: Desired | null;
  readonly content: Content | null;
  readonly object: ObjectContent | null;
  readonly why: string;
}

/** A source that changes with every look is not waited for longer than this. */
const LOOKS = 8;

/** Reads a unit's source until its choice is made. Throws Retryable or Stalled when the source can't be read. */
export async function judge(
  unit: Unit,
  state: UnitState,
  first: readonly Candidate[],
  bucket: Bucket,
  isReserved: (key: string, digest: string) => boolean,
): Promise<Judgement> {
  let candidates = first;
  const known = new Map<Candidate, string | null>();
  const contents = new Map<Candidate, { content: Content; object: ObjectContent }>();
  const refusals: Refusal[] = [];
  let reserved = false;
  const result = (desired: Desired | null, why: string, candidate?: Candidate): Judgement => {
    const read = candidate === undefined ? undefined : contents.get(candidate);
    return { candidates, refusals, desired, content: read?.content ?? null, object: read?.object ?? null, why };
  };

  for (let looks = 0; ; ) {
    const choice = choose(unit, state, candidates, known);
    if (choice.kind === 'stay') return result(null, reserved ? 'a release file names it' : choice.why);
    if (choice.kind === 'relocate') return result(relocated(unit, state), 'its rule changed');
    if (choice.kind === 'remove') return result(removed(state), 'its object is gone');
    const { candidate } = choice;
    if (choice.kind === 'land')
      return result(contents.get(candidate)?.content.desired ?? null, 'it is the best there is', candidate);

    const object = await fetchObject(unit, candidate, bucket);
    if (object instanceof Rejected) {
      known.set(candidate, null);
      refusals.push({ error: object, content: null, candidate });
      continue;
    }
    if (object === null || object.etag !== candidate.etag) {
      // Overwritten or deleted since it was listed: the choice begins again with what is there now.
      looks += 1;
      if (looks > LOOKS)
        throw new Retryable('SourceUnsteady', `${candidate.key} changed at each of ${LOOKS} looks.`, {
          hint: 'It is looked at again by itself.',
        });
      candidates = await observe(unit, bucket);
      continue;
    }
    const digest = digestOf(object.bytes);
    if (isReserved(candidate.key, digest) || state.rejected[digest]?.reason === RELEASE_REJECTED) {
      known.set(candidate, null);
      reserved = true;
      continue;
    }
    try {
      const content = await readContent(unit, candidate, object);
      refuseRepublished(unit, state, content.desired);
      known.set(candidate, content.desired.content);
      contents.set(candidate, { content, object });
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      known.set(candidate, null);
      refusals.push({ error, content: digest, candidate });
    }
  }
}

/** The object; null when it is gone, or why it is too large to be read at all. */
async function fetchObject(
  { mirror }: Unit,
  { key, size }: Candidate,
  bucket: Bucket,
): Promise<ObjectContent | Rejected | null> {
  const limit = mirror.limits.object;
  if (size > limit) return tooLarge(key, limit);
  return bucket.get(mirror.bucket, key, limit).catch((error: unknown) => {
    if (error instanceof Rejected) return error;
    throw error;
  });
}

/** A version that came again with other files: whoever deployed it before would not see the difference. */
export function refuseRepublished({ mirror }: Unit, state: UnitState, { version, content }: Desired): void {
  if (version === null || mirror.allowRepublish) return;
  const earlier = state.releases.find(
    (past) => past.version === version && past.content !== null && past.content !== content,
  );
  if (earlier !== undefined)
    throw new Rejected('VersionRepublished', `Version ${version} was released before with other files.`, {
      hint: 'Publish the change under a new version, or set `allowRepublish: true` on the mirror.',
      facts: { version, content, released: earlier.content },
    });
}

function removed(state: UnitState): Desired {
  return { version: null, content: REMOVED, places: {}, root: recordOf(state)?.root ?? '', source: null };
}

/** What stands, where the present rule wants it. */
function relocated(unit: Unit, state: UnitState): Desired | null {
  const record = recordOf(state);
  if (record?.content == null) return null;
  const { place } = unit.mirror;
  const unpacked = Object.values(placesOf(state)).some((standing) => standing?.startsWith(FOLDER));
  // What is packed can't be unpacked without its object, nor the other way round.
  if (place.kind === 'chart' && place.unpack !== unpacked) return null;
  const root = rootOf(unit, record.version ?? '');
  const places = Object.fromEntries(
    Object.entries(placesOf(state)).flatMap(([path, standing]) =>
      standing === null ? [] : [[moved(path, record.root, root), standing]],
    ),
  );
  return { version: record.version, content: record.content, places, root, source: record.source };
}

/** A path below one root, below another; either may be the repository's root. */
export function moved(path: string, from: string, to: string): string {
  const rest = path.slice(from.length).replace(/^\//u, '');
  return [to, rest].filter((part) => part !== '').join('/');
}
