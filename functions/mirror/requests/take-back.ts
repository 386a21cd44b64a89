import { isImage } from '../../../shared/ledger/place.ts';
import { placesOf, type Release, type UnitState } from '../../../shared/ledger/state.ts';
import { readRecords } from '../../../shared/ledger/trailer.ts';
import { imageUnit, mirrorOf, mirrorUnit, type Unit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { settleAll } from '../files/plan.ts';
import { settleRecorded } from '../images/carry.ts';
import { type FileRestoration, planFiles, restoreFiles } from './files.ts';
import { type ImageRestoration, planImage, restoreImage } from './images.ts';
import { restoration } from './revert.ts';
import { tellStuck } from './stuck.ts';
import { isMove, isStanding, leftSince } from './target.ts';

/** How one unit goes back, and the paths that a person changed since, which keep it from going back. */
export interface Restoration {
  readonly state: UnitState;
  readonly failed: Release;
  readonly edited: readonly string[];
}

/** References that nobody can tell any more: no rule says which they are. */
interface Orphan extends Restoration {
  readonly kind: 'orphan';
}

type Planned = FileRestoration | ImageRestoration;

/**
 * Takes a release back: each of its units goes to its target, a commit each, in one push; its contents are held. Where a
 * person changed any of it since, none goes back, and that is told. Returns the units, to be judged again.
 */
export async function takeBack(batch: Batch, unit: string, made: Release, why: string): Promise<readonly string[]> {
  const units = await unitsOf(batch, unit, made);
  await settleUnits(batch, units);
  const planned: (Planned | Orphan)[] = [];
  for (const id of units) {
    const index = batch.state(id).releases.findIndex(({ release }) => release === made.release);
    const restoration = index === -1 ? null : await planUnit(batch, id, index);
    if (restoration !== null) planned.push(restoration);
  }
  const edited = planned.flatMap((restoration) => restoration.edited);
  const orphan = planned.find(({ kind }) => kind === 'orphan');
  const isMoved = new Set(
    planned.flatMap(({ state, failed }) => (isMove(state, state.releases.indexOf(failed)) ? state.unit : [])),
  );
  if (edited.length > 0) tellConflict(batch, unit, made, edited);
  else if (orphan !== undefined) tellOrphan(batch, unit, made, orphan.state.unit);
  else for (const restoration of planned) if (restoration.kind !== 'orphan') await restore(batch, restoration, why);
  // Of what landed together and stays, none but the guilty is held: else the others' next best would land without them.
  const stays = edited.length > 0 || orphan !== undefined;
  for (const id of stays ? [unit] : units) if (!isMoved.has(id)) hold(batch, id, made);
  return units;
}

/** All units that the release's commit carries. */
async function unitsOf(batch: Batch, unit: string, { commit }: Release): Promise<readonly string[]> {
  const { remote, deployment } = batch.deps;
  const units = new Set([unit]);
  if (commit !== null)
    for await (const { oid, commit: found } of remote.log(commit, null)) {
      for (const record of readRecords(oid, found, deployment)) units.add(record.unit);
      break;
    }
  await batch.round.ledger.load([...units]);
  return [...units];
}

/** The unit of files or charts that bears an id; null where no rule makes it any more, and for what holds no places. */
function fileUnit({ config }: Batch, id: string): Unit | null {
  const { mirror: rule, name } = mirrorOf(id);
  const mirror = config.mirrors.find((one) => one.name === rule);
  return mirror === undefined || isImage(id) ? null : mirrorUnit(mirror, name);
}

/** Takes in what people did there first: what they took back is not taken back again. */
async function settleUnits(batch: Batch, units: readonly string[]): Promise<void> {
  await settleAll(
    batch,
    units.flatMap((id) => fileUnit(batch, id) ?? []),
  );
  const rules = batch.config.images.filter(({ name }) => units.includes(name));
  await settleRecorded(batch, rules);
}

/** Null where there is nothing to take back: something newer landed, a person was faster, or it holds no places. */
async function planUnit(batch: Batch, id: string, index: number): Promise<Planned | Orphan | null> {
  const state = batch.state(id);
  const left = isImage(id) ? null : leftSince(state, index);
  if (left === null && !isStanding(state, index)) {
    batch.deps.log('nothing to do', { unit: id, source: 'take back', why: 'it is not what stands any more' });
    return null;
  }
  if (left !== null) return planFiles(batch, id, fileUnit(batch, id), index, left);
  const rule = batch.config.images.find(({ name }) => name === id);
  if (rule !== undefined) return planImage(batch, imageUnit(rule), index);
  return Object.keys(placesOf(state)).length === 0 ? null : { ...restoration(state, index, []), kind: 'orphan' };
}

async function restore(batch: Batch, restoration: Planned, why: string): Promise<void> {
  if (restoration.kind === 'files') await restoreFiles(batch, restoration, why);
  else await restoreImage(batch, restoration, why);
}

/** What failed does not land again by itself, whatever came after it. */
function hold(batch: Batch, id: string, made: Release): void {
  const state = batch.state(id);
  const { content } = state.releases.find(({ release }) => release === made.release) ?? made;
  if (content !== null && !state.held.includes(content)) batch.put({ ...state, held: [...state.held, content] });
}

function tellOrphan(batch: Batch, unit: string, { release, summary }: Release, policy: string): void {
  const index = batch.state(unit).releases.findIndex((past) => past.release === release);
  tellStuck(batch, unit, index, {
    reason: 'RevertConflict',
    message: `No policy of gitferry.yaml is named ${policy} any more, so “${summary}” could not be taken back.`,
    hint: 'Set its references back in a commit. What failed is held: it does not land again by itself.',
  });
}

function tellConflict(batch: Batch, unit: string, { release, summary }: Release, edited: readonly string[]): void {
  const [first = '', ...others] = edited;
  const where = others.length === 0 ? first : `${first} and ${others.length} more`;
  const index = batch.state(unit).releases.findIndex((past) => past.release === release);
  tellStuck(batch, unit, index, {
    reason: 'RevertConflict',
    message: `${where} was changed by a person since “${summary}”, so that release could not be taken back.`,
    hint: 'Set it right in a commit. What failed is held: it does not land again by itself.',
  });
}
