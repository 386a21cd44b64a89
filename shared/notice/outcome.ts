import { decodeTime } from 'ulid';
import {
  type ImageSource,
  type ObjectSource,
  type Release,
  recordOf,
  type Source,
  type UnitState,
} from '../ledger/state.ts';
import type { Notice } from './bus.ts';
import type { Landed } from './landed.ts';
import { changedPaths } from './paths.ts';

/** Which repository a notice speaks of. */
export interface Where {
  readonly deployment: string;
  readonly repository: string;
  readonly branch: string;
}

/** That alone, of whatever carries it along. */
export function whereOf({ deployment, repository, branch }: Where): Where {
  return { deployment, repository, branch };
}

/** Where something came from, as people write it. */
export function addressOf(source: ImageSource | Pick<ObjectSource, 'bucket' | 'key'>): string {
  if ('key' in source) return `s3://${source.bucket}/${source.key}`;
  return `${source.image}:${source.tag}@${source.digest}`;
}

/** When an event was recorded: a ULID begins with it. */
function timeOf(id: string): string {
  return new Date(decodeTime(id)).toISOString();
}

function from(source: Source | null): string | null {
  return source === null ? null : addressOf(source);
}

/** How releases are followed that were recorded before their rules were: nobody asked for a failed one to be taken back. */
const UNASKED = { deadline: 30 * 60_000, onFailure: 'notify' } as const;

function factsOf({ release, version, content, commit, summary, publisher, source }: Release) {
  return { release, version, content, commit, summary, publisher, source: from(source) };
}

/** A release of a unit, as all who follow it hear of it; null for one that made no commit. */
export function landedNotice(where: Where, { unit }: UnitState, made: Release): Notice | null {
  const { release, commit, source, rollout = UNASKED, reverts = null, at } = made;
  if (release === null || commit === null) return null;
  const image = source !== null && 'image' in source ? { ...source, name: source.image } : null;
  const detail: Landed = {
    ...whereOf(where),
    unit,
    ...factsOf(made),
    release,
    commit,
    landedAt: at,
    paths: changedPaths(unit, made),
    image: image === null ? null : { name: image.name, tag: image.tag, digest: image.digest },
    rollout,
    reverts,
  };
  return { type: 'Landed', detail };
}

/** How a release ended; null while it has not. */
export function verdictNotice(where: Where, { unit, releases }: UnitState, made: Release): Notice | null {
  const { release, verdict, ended, rollout = UNASKED, reverts = null } = made;
  if (release === null || verdict === null || ended === undefined) return null;
  const revertedBy = releases.find((later) => later.reverts === release)?.release ?? null;
  const { onFailure } = rollout;
  const detail = { ...whereOf(where), unit, ...factsOf(made), verdict, ...ended, onFailure, reverts, revertedBy };
  return { type: 'Verdict', detail };
}

/**
 * All that the ledger has told, or should have told, of a unit: under the ids that it was told under. `asked`: releases
 * that were spoken of, however long ago they landed.
 */
export function outcomesOf(where: Where, state: UnitState, asked: ReadonlySet<string> = new Set()): Notice[] {
  const common = { ...whereOf(where), unit: state.unit };
  const record = recordOf(state);
  const landed = record === null || record.verdict !== null ? null : landedNotice(where, state, record);
  const oldest = state.releases.length - LATELY;
  const followed = state.releases.filter((made, at) => at >= oldest || asked.has(made.release ?? ''));
  const verdicts = followed.flatMap((made) => verdictNotice(where, state, made) ?? []);
  const stuck = followed.flatMap((made): Notice[] =>
    made.stuck === undefined
      ? []
      : [{ type: 'Stalled', detail: { ...common, at: timeOf(made.stuck.id), ...made.stuck } }],
  );
  const rejected = Object.values(state.rejected).map(({ id, reason, message, hint, source }): Notice => {
    return { type: 'Rejected', detail: { ...common, id, at: timeOf(id), reason, message, hint, source: from(source) } };
  });
  const told = [...verdicts, ...stuck, ...(landed === null ? [] : [landed]), ...rejected];
  const { waiting } = state;
  if (waiting === null) return told;
  const { id, reason, message, hint, paths } = waiting;
  return [...told, { type: 'Waiting', detail: { ...common, id, at: timeOf(id), reason, message, hint, paths } }];
}

/** So many releases of a unit are looked through for verdicts that may never have been told. */
const LATELY = 3;
