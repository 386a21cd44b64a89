import type { File } from '../../shared/artifact/file.ts';
import type { Objects } from '../../shared/git/object.ts';
import { FOLDER } from '../../shared/git/tree.ts';
import { entryOf, type Places, placesOf, recordOf } from '../../shared/ledger/state.ts';
import type { Unit } from '../../shared/unit/unit.ts';
import type { Batch } from './batch.ts';
import type { Content } from './content.ts';
import type { Decision, Desired } from './decide.ts';
import { carry } from './images/carry.ts';
import type { Wanted } from './images/decide.ts';
import { moved } from './judge.ts';
import { presentAt } from './view.ts';

/** What is to stand once it is fitted to the tree: references keep what they say there. */
export interface Fitted {
  readonly desired: Desired;
  readonly objects: Objects;
  /** What lands, by paths of the repository. */
  readonly files: readonly File[];
  readonly obstacle: Extract<Decision, { kind: 'wait' }> | null;
}

/** `wanted`: what images are released together with the unit. */
export async function fit(
  batch: Batch,
  unit: Unit,
  desired: Desired,
  content: Content | null,
  wanted?: ReadonlyMap<string, Wanted>,
): Promise<Fitted> {
  const { main } = batch.round;
  if (content === null) {
    const recorded = placesOf(batch.state(unit.id));
    const present = presentAt(main, unit, Object.keys(recorded));
    return { desired: follow(batch, unit, desired, present), objects: new Map(), files: [], obstacle: null };
  }
  const { files, edited } = await carry(batch, content.files, await pathsBefore(batch, unit), wanted);
  const obstacle = edited.length === 0 ? null : { reason: 'PlaceEdited' as const, paths: edited };
  return { ...content.written(files), files, obstacle: obstacle && { kind: 'wait', obstacle } };
}

/** The files that a unit holds now. */
async function pathsBefore(batch: Batch, unit: Unit): Promise<readonly string[]> {
  if (batch.references.rules.length === 0) return [];
  const recorded = Object.entries(placesOf(batch.state(unit.id))).filter(([, standing]) => standing !== null);
  const folders = recorded.filter(([, standing]) => entryOf(standing)?.mode === FOLDER).map(([path]) => path);
  const inside = folders.length === 0 ? [] : (await batch.round.main.files(folders)).keys();
  return [...recorded.map(([path]) => path), ...inside];
}

/** What only moves takes its files along as they are now, not as they were released. */
function follow(batch: Batch, unit: Unit, desired: Desired, present: Places): Desired {
  const state = batch.state(unit.id);
  const root = recordOf(state)?.root ?? '';
  const places = { ...desired.places };
  for (const [path, standing] of Object.entries(placesOf(state))) {
    const now = present[path] ?? null;
    const next = moved(path, root, desired.root);
    if (standing !== null && places[next] === standing && now !== standing && batch.masks.same(path, now, standing))
      places[next] = now;
  }
  return { ...desired, places };
}
