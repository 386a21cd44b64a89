import type { Change, Request } from '../../../shared/change/change.ts';
import type { LiftChange, RollbackChange, VerdictChange } from '../../../shared/change/verdict.ts';
import { isImage } from '../../../shared/ledger/place.ts';
import type { UnitState } from '../../../shared/ledger/state.ts';
import { mirrorOf, unitId } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import { tellStuck } from './stuck.ts';
import { takeBack } from './take-back.ts';

/** What is asked of each unit, and the units that are to be judged again by what they were left as. */
export type Reopened = ReadonlyMap<Change, readonly string[]>;

/**
 * Plans what verdicts say and people ask for, before anything else of a batch: a failed release is taken back first, so
 * that the next best can land on top. Each is done once, however often it is asked for. `settled`: those that this
 * invocation recorded already: one that is undone by the next must not be done again at every round.
 */
export async function planRequests(
  batch: Batch,
  changes: readonly Change[],
  settled: Reopened = new Map(),
): Promise<Reopened> {
  const reopened = new Map<Change, readonly string[]>();
  for (const change of changes) {
    if (change.kind !== 'verdict' && change.kind !== 'rollback' && change.kind !== 'lift') continue;
    await batch.round.ledger.load([change.unit]);
    reopened.set(change, settled.get(change) ?? (await answer(batch, change)));
  }
  return reopened;
}

async function answer(batch: Batch, change: Request): Promise<readonly string[]> {
  const heir = 'release' in change ? await heirOf(batch, change) : null;
  if (heir === null) return plan(batch, change);
  return [heir, ...(await plan(batch, { ...change, unit: heir }))];
}

/** The unit that went on with a release's record, where its own rule was renamed since; null where it was not. */
async function heirOf(
  { config, round }: Batch,
  { unit, release }: VerdictChange | RollbackChange,
): Promise<string | null> {
  const { mirror: rule, name } = mirrorOf(unit);
  const rules = isImage(unit) ? config.images : config.mirrors;
  if (rules.some((one) => one.name === rule)) return null;
  const others = rules.map((one) => (isImage(unit) ? one.name : unitId(one.name, name)));
  await round.ledger.load(others);
  return others.find((id) => round.ledger.state(id)?.releases.some((past) => past.release === release)) ?? null;
}

function plan(batch: Batch, change: Request): Promise<readonly string[]> | readonly string[] {
  switch (change.kind) {
    case 'verdict':
      return conclude(batch, change);
    case 'rollback':
      return rollBack(batch, change);
    case 'lift':
      return lift(batch, change);
  }
}

/** Records how a release ended, and does what its rule says of a failed one. */
async function conclude(batch: Batch, change: VerdictChange): Promise<readonly string[]> {
  const { unit, release, verdict, reason, message, hint } = change;
  const state = batch.state(unit);
  const index = state.releases.findIndex((past) => past.release === release);
  const made = state.releases[index];
  if (made === undefined) return ignored(batch, change, 'the ledger knows of no such release');
  const { onFailure } = made.rollout ?? batch.config.rollout;
  const isTakenBack = verdict === 'failed' && onFailure === 'revert';
  if (made.verdict !== null) return isTakenBack ? [unit] : [];

  const event = batch.event(unit, made.source, made.publisher);
  const ended = { id: event.id, reason, message, hint, at: event.at };
  batch.put({ ...state, releases: state.releases.with(index, { ...made, verdict, ended }) });
  batch.events.push({ ...event, type: 'verdict', release, verdict, reason, message, hint, onFailure });
  if (verdict !== 'failed' || onFailure === 'notify') return [];
  if (made.reverts !== undefined) return stall(batch, change, index);
  if (onFailure === 'revert') return takeBack(batch, unit, made, `${reason}: ${message}`);
  const words = `${made.summary} failed, and its rule lets nothing more of ${unit} land: ${message}`;
  const how = 'Look at what failed, then run `gitferry release` with the version that may land.';
  batch.put({ ...batch.state(unit), stopped: { id: event.id, reason: 'UnitStopped', message: words, hint: how } });
  return [];
}

/** A revert that fails is for a person: what it went back to was good once, so something else is wrong. */
function stall(batch: Batch, { unit, message }: VerdictChange, index: number): readonly string[] {
  tellStuck(batch, unit, index, {
    reason: 'RevertFailed',
    message: `${unit} was set back, and what it was set back to fails as well: ${message}`,
    hint: 'Something beside the release is wrong in the cluster: look there first. Nothing more is taken back by itself.',
  });
  return [];
}

async function rollBack(batch: Batch, change: RollbackChange): Promise<readonly string[]> {
  const { unit, release, by = null, why } = change;
  const { releases } = batch.state(unit);
  const made = releases.find((past) => past.release === release);
  if (made === undefined) return ignored(batch, change, 'the ledger knows of no such release');
  if (releases.some(({ reverts }) => reverts === release)) return [unit];
  const { events } = batch;
  const [told, before] = [events.length, batch.state(unit)];
  const asked = { ...batch.event(unit, made.source), type: 'asked', release, by, why } as const;
  const units = await takeBack(batch, unit, made, why === '' ? 'a person asked for it' : why);
  // Asked for once more, with nothing left to do or to tell, it is no news; each round of an invocation asks again.
  if (events.length > told || batch.state(unit) !== before) events.splice(told, 0, asked);
  return units;
}

/** Lets contents land again that were held, or the unit, where it was stopped. */
function lift(batch: Batch, change: LiftChange): readonly string[] {
  const { unit, version, by = null } = change;
  const state = batch.state(unit);
  const contents = state.held.filter((content) => content === version || isOf(state, content, version));
  if (contents.length === 0 && state.stopped === undefined) return ignored(batch, change, 'nothing of it is held');
  const { stopped: _, ...others } = state;
  batch.put({ ...others, held: state.held.filter((content) => !contents.includes(content)) });
  batch.events.push({ ...batch.event(unit, null), type: 'lifted', contents, by });
  return [unit];
}

/** Whether a content was released as that version, or by that release. */
function isOf({ releases }: UnitState, content: string, version: string): boolean {
  return releases.some((past) => past.content === content && (past.version === version || past.release === version));
}

function ignored({ deps }: Batch, { kind, unit }: Request, why: string): readonly string[] {
  deps.log('nothing to do', { unit, source: kind, why });
  return [];
}
