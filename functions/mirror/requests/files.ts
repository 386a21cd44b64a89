import type { Entry } from '../../../shared/git/object.ts';
import { entryOf, type Places, placesAt, placesOf, standingOf } from '../../../shared/ledger/state.ts';
import type { Unit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { commitRelease } from '../commit.ts';
import { pathsBefore } from '../files/fit.ts';
import { tally } from '../files/release.ts';
import { type Restored, restored } from '../files/restore.ts';
import { presentAt } from '../files/view.ts';
import { noteReferences } from '../images/note.ts';
import { cut } from '../message.ts';
import { restoration, revertOf } from './revert.ts';
import type { Restoration } from './take-back.ts';
import { targetOf } from './target.ts';

/** How the places of a chart, a file or a bundle go back. */
export interface FileRestoration extends Restoration {
  readonly kind: 'files';
  /** Null where no rule makes the unit any more. */
  readonly unit: Unit | null;
  readonly target: number;
  readonly present: Places;
  /** What is to stand at all of the unit's paths. */
  readonly places: Places;
  readonly back: Restored;
}

/**
 * Compares what the release left with what stood before it, and with what stands now. Its paths are settled already.
 * `left`: those that people set back since, which are as they are to be.
 */
export async function planFiles(
  batch: Batch,
  id: string,
  unit: Unit | null,
  index: number,
  left: ReadonlySet<string>,
): Promise<FileRestoration | null> {
  const { main } = batch.round;
  const state = batch.state(id);
  const recorded = placesOf(state);
  const target = targetOf(state, index);
  const wanted = placesAt(state, target);
  const paths = Object.keys(recorded);
  if (paths.length === 0) return null;
  await main.open(paths);
  const present = unit === null ? standingsAt(batch, paths) : presentAt(main, unit, paths);
  await batch.masks.learn(paths.flatMap((path) => [present, recorded, wanted].map((at) => [path, at[path] ?? null])));
  const isSame = (path: string, a: Places, b: Places): boolean =>
    batch.masks.same(path, a[path] ?? null, b[path] ?? null);
  const todo = paths.filter((path) => !left.has(path) && !isSame(path, present, wanted));
  const edited = todo.filter((path) => !isSame(path, present, recorded) || isBlocked(batch, path, recorded));

  const resets = todo.flatMap((path) => {
    const entry = entryOf(wanted[path] ?? null);
    return entry === null ? [] : [{ path, entry }];
  });
  const back = await restored(batch, resets, await pathsBefore(batch, id, todo));
  const places = Object.fromEntries(
    paths.map((path) => [path, todo.includes(path) ? (back.places[path] ?? null) : (present[path] ?? null)]),
  );
  const common = restoration(state, index, [...edited, ...back.edited]);
  return { ...common, kind: 'files', unit, target, present, places, back };
}

function standingsAt({ round }: Batch, paths: readonly string[]): Places {
  return Object.fromEntries(paths.map((path) => [path, standingOf(round.main.entry(path))]));
}

/** Whether something leads to a path that is no folder, and that is not the unit's own. */
function isBlocked({ round }: Batch, path: string, recorded: Places): boolean {
  const blocker = round.main.blocker(path);
  return blocker !== null && (recorded[blocker] ?? null) === null;
}

/** Drafts the commit that takes the release back; nothing to commit where a person did the same already. */
export async function restoreFiles(batch: Batch, planned: FileRestoration, why: string): Promise<void> {
  const { state, failed, unit, target, present, places, back } = planned;
  const edits = new Map<string, Entry | null>();
  for (const [path, standing] of Object.entries(places))
    if (standing !== (present[path] ?? null)) edits.set(path, entryOf(standing));
  if (edits.size === 0) return;
  const recorded = placesOf(state);
  const changed = Object.fromEntries(Object.entries(places).filter(([path, now]) => now !== (recorded[path] ?? null)));
  const { part, summary } = revertOf(batch, planned, target, changed, present);
  const to = state.releases[target]?.version ?? null;
  const lines = [...edits].map(([path, entry]) => `${path}: ${entry === null ? 'removed' : said(failed.version, to)}`);
  const body = [...cut(lines), `Because ${why}`];
  const { objects } = back;
  const [after] = await commitRelease(batch, [part], { edits, objects, summary, body, claims: {}, changedAt: null });
  noteReferences(batch, back.brought);
  batch.claim(state.unit, places);
  if (unit !== null && after !== undefined) tally(batch, unit, state, after);
}

function said(from: string | null, to: string | null): string {
  return from === null || to === null ? 'as it was' : `${from} -> ${to}`;
}
