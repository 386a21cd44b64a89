import { isImage } from '../../shared/ledger/place.ts';
import { REMOVED } from '../../shared/ledger/state.ts';
import type { Recorded } from '../../shared/ledger/trailer.ts';
import { LEDGER, type World } from './world.ts';

/** What the ledger tells of one outcome, as far as verdicts are about it. */
export interface Told {
  readonly type: string;
  readonly id: string;
  readonly unit: string;
  readonly release?: string;
  readonly verdict?: string;
  readonly onFailure?: string;
  readonly reason?: string;
  readonly content?: string;
  readonly contents?: readonly string[];
  readonly commit?: string;
}

/** One commit of the ledger. */
interface Entry {
  readonly oid: string;
  /** The last commit on the branch that was not ours when it was made. */
  readonly people: string;
  readonly events: readonly Told[];
}

/** Who is guilty, by unit: contents that failed or were rolled back, and that nobody let in again since. */
export type Guilt = ReadonlyMap<string, ReadonlySet<string>>;

/** One record of a release on the branch. */
export interface Made extends Recorded {
  readonly oid: string;
  /** What was known when it was decided. */
  readonly guilty: ReadonlySet<string>;
  readonly delivered: ReadonlySet<string>;
}

export interface VerdictHistory {
  readonly entries: readonly Entry[];
  /** Every release on the branch, oldest first, a record a unit. */
  readonly made: readonly Made[];
  /** Who is guilty in the end. */
  readonly guilt: Guilt;
}

/** All that the ledger told, oldest first. */
function entriesOf({ repository, read }: World): Entry[] {
  return read.commits(repository.refs.get(LEDGER) ?? '').map((oid) => {
    const { message } = repository.commit(oid);
    const at = /^Gitferry-Branch: \S+ ([0-9a-f]{40})$/mu.exec(message)?.[1] ?? '';
    const people = at === '' ? '' : (read.commits(at).findLast((one) => !read.isRelease(one)) ?? '');
    return { oid, people, events: JSON.parse(read.text(repository.entry(oid, 'events.json')?.oid)).events };
  });
}

/** Follows verdicts, rollbacks, lifts and people through the ledger; what each release could know of them. */
export function verdictHistory(world: World): VerdictHistory {
  const { read } = world;
  const records = read.commits(world.tip).flatMap((oid) => read.records(oid).map((record) => ({ ...record, oid })));
  const entries = entriesOf(world);
  const guilt = new Map<string, Set<string>>();
  const delivered = new Set<string>();
  const of = (unit: string): Set<string> => guilt.get(unit) ?? new Set();
  const known = new Map<string, { readonly guilt: Map<string, Set<string>>; readonly delivered: Set<string> }>();
  /** By commit: what the same batch knew that planned it. */
  const together = new Map<string, { readonly guilt: Map<string, Set<string>>; readonly delivered: Set<string> }>();
  const copy = () => ({
    guilt: new Map([...guilt].map(([unit, contents]) => [unit, new Set(contents)])),
    delivered: new Set(delivered),
  });
  for (const entry of entries) {
    for (const event of entry.events) {
      if (event.type === 'verdict' && event.verdict === 'delivered') delivered.add(`${event.release} ${event.unit}`);
      const isFailed = event.type === 'verdict' && event.verdict === 'failed' && event.onFailure === 'revert';
      if (isFailed || event.type === 'asked')
        for (const { unit, release } of namedBy(event, records)) {
          if (isStuck(entry, event) && unit !== event.unit) continue;
          if (release.content === null || (isFailed && release.reverts !== undefined)) continue;
          if (isMove(records, delivered, unit, release)) continue;
          guilt.set(unit, of(unit).add(release.content));
        }
      for (const content of event.type === 'lifted' ? (event.contents ?? []) : []) of(event.unit).delete(content);
      if (event.type === 'taken-back')
        for (const content of [...of(event.unit)])
          if (stands(world, records, event.unit, content, entry.people)) of(event.unit).delete(content);
      if (event.type === 'landed' && event.content !== REMOVED) {
        const about = records.find(({ oid, unit }) => oid === event.commit && unit === event.unit);
        if (about?.release.reverts === undefined) of(event.unit).delete(REMOVED);
      }
      if (event.type === 'landed' && event.commit !== undefined) together.set(`${event.commit} ${event.unit}`, copy());
    }
    known.set(entry.oid, copy());
  }
  const made = records.map((record): Made => {
    const { oid, unit } = record;
    const ledger = /^Gitferry-Ledger: ([0-9a-f]{40})$/mu.exec(world.repository.commit(oid).message)?.[1] ?? '';
    const [planned, recorded] = [known.get(ledger), together.get(`${oid} ${unit}`)];
    const then = (world.repository.atomic ? recorded : undefined) ?? planned;
    // Without atomic pushes others may have recorded something in between: then it must have been known before, too.
    const guilty = [...(then?.guilt.get(unit) ?? [])].filter(
      (content) => recorded?.guilt.get(unit)?.has(content) ?? true,
    );
    return { ...record, guilty: new Set(guilty), delivered: then?.delivered ?? new Set() };
  });
  return { entries, made, guilt };
}

/** Whether the same content was delivered at another place just before: then it is the move that failed. */
export function isMove(
  records: readonly OnBranch[],
  delivered: ReadonlySet<string>,
  unit: string,
  { release, content }: Recorded['release'],
): boolean {
  const own = records.filter((one) => one.unit === unit);
  const before = own[own.findIndex((one) => one.release.release === release) - 1]?.release;
  return !isImage(unit) && before?.content === content && delivered.has(`${before?.release} ${unit}`);
}

/** Whether it is told that a release could not be taken back: then none but the guilty is held. */
function isStuck({ events }: Entry, { unit }: Told): boolean {
  return events.some((one) => one.type === 'stalled' && one.reason === 'RevertConflict' && one.unit === unit);
}

type OnBranch = Recorded & { readonly oid: string };

/** The records that a release failed with: of a release file all that landed together. */
export function namedBy({ unit, release: id }: Told, records: readonly OnBranch[]): readonly OnBranch[] {
  const own = records.filter(({ release }) => release.release === id);
  return own.some((one) => one.unit === unit) ? own : own.map((one) => ({ ...one, unit }));
}

/** Whether a content that was released once stands at a commit, or a part of it. */
export function stands(
  { read }: World,
  records: readonly OnBranch[],
  unit: string,
  content: string,
  commit: string,
): boolean {
  if (commit === '') return false;
  const own = records.filter((one) => one.unit === unit && one.release.content === content);
  if (isImage(unit)) {
    const tags = new Set(own.map(({ release }) => release.version));
    return [...read.said(commit).values()].some(
      ({ tag, digest }) => (digest ?? '') === content || (digest === null && tags.has(tag)),
    );
  }
  return own.some(({ oid, release }) =>
    Object.entries(release.changed).some(
      ([path, standing]) =>
        (standing !== null || content === REMOVED) && read.standing(oid, path) === read.standing(commit, path),
    ),
  );
}
