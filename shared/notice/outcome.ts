import { decodeTime } from 'ulid';
import { type ImageSource, type ObjectSource, recordOf, type Source, type UnitState } from '../ledger/state.ts';
import type { Notice } from './bus.ts';

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

/** The release that a unit's record is, told while it has no verdict; null when there is nothing to tell. */
export function landedNotice(where: Where, state: UnitState): Notice | null {
  const record = recordOf(state);
  if (record === null || record.release === null || record.verdict !== null) return null;
  const { release, version, content, commit, summary, publisher, source, at } = record;
  const detail = { release, version, content, commit, summary, publisher, source: from(source), landedAt: at };
  return { type: 'Landed', detail: { ...whereOf(where), unit: state.unit, ...detail } };
}

/** All that the ledger has told, or should have told, of a unit: under the ids that it was told under. */
export function outcomesOf(where: Where, state: UnitState): Notice[] {
  const common = { ...whereOf(where), unit: state.unit };
  const landed = landedNotice(where, state);
  const rejected = Object.values(state.rejected).map(({ id, reason, message, hint, source }): Notice => {
    return { type: 'Rejected', detail: { ...common, id, at: timeOf(id), reason, message, hint, source: from(source) } };
  });
  const { waiting } = state;
  if (waiting === null) return landed === null ? rejected : [landed, ...rejected];
  const { id, reason, message, hint, paths } = waiting;
  const wait: Notice = { type: 'Waiting', detail: { ...common, id, at: timeOf(id), reason, message, hint, paths } };
  return [...(landed === null ? [] : [landed]), ...rejected, wait];
}
