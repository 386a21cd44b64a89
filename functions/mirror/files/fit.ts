import type { File } from '../../../shared/artifact/file.ts';
import type { Objects } from '../../../shared/git/object.ts';
import { FOLDER } from '../../../shared/git/tree.ts';
import { placesOf, REMOVED } from '../../../shared/ledger/state.ts';
import type { Unit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { carry } from '../images/carry.ts';
import type { Brought } from '../images/note.ts';
import type { Wanted } from '../images/recorded.ts';
import type { Content } from './content.ts';
import type { Desired } from './decide.ts';
import { relocate } from './relocate.ts';

/** What is to stand once it is fitted to the tree: references keep what they say there. */
export interface Fitted {
  readonly desired: Desired;
  readonly objects: Objects;
  /** What lands, by paths of the repository; nothing where it only moves or goes. */
  readonly files: readonly File[];
  /** References that a person edited and that would be gone, by file and line: the unit waits. */
  readonly edited: readonly string[];
  /** References that it brings, or takes along. */
  readonly brought: readonly Brought[];
}

/** `wanted`: what images are released together with the unit. */
export async function fit(
  batch: Batch,
  unit: Unit,
  desired: Desired,
  content: Content | null,
  wanted?: ReadonlyMap<string, Wanted>,
): Promise<Fitted> {
  const before = await pathsBefore(batch, unit.id, Object.keys(desired.places));
  if (content === null && desired.content !== REMOVED) return relocate(batch, unit, desired, before);
  const carried = await carry(batch, content?.files ?? [], before, wanted);
  return { ...(content?.written(carried.files) ?? { desired, objects: new Map() }), ...carried };
}

/** The files that a unit holds now, and others that stand at these paths, where it is to stand. */
export async function pathsBefore(batch: Batch, unit: string, places: readonly string[]): Promise<readonly string[]> {
  if (batch.references.rules.length === 0) return [];
  const { main } = batch.round;
  const recorded = Object.entries(placesOf(batch.state(unit))).filter(([, standing]) => standing !== null);
  const paths = [...new Set([...recorded.map(([path]) => path), ...places])];
  await main.open(paths);
  const folders = paths.filter((path) => main.entry(path)?.mode === FOLDER);
  const inside = folders.length === 0 ? [] : (await main.files(folders)).keys();
  return [...paths, ...inside];
}
