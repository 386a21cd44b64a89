import type { Draft } from '../../../shared/git/draft.ts';
import type { Entry, GitObject, Objects, Oid } from '../../../shared/git/object.ts';
import {
  entryOf,
  objectOf,
  type Places,
  placesOf,
  REMOVED,
  recordOf,
  relinquished,
  type UnitState,
} from '../../../shared/ledger/state.ts';
import type { ObjectContent } from '../../../shared/source/bucket.ts';
import type { Unit } from '../../../shared/unit/unit.ts';
import { claimsOf, eventOf } from '../attribution.ts';
import type { Batch } from '../batch.ts';
import { after, blank, commitRelease, type Part, type Written } from '../commit.ts';
import type { Concern } from '../concern.ts';
import { noteReferences } from '../images/note.ts';
import type { Wanted } from '../images/recorded.ts';
import { bodyOf, subjectOf } from '../message.ts';
import type { Content } from './content.ts';
import { type Decision, type Desired, decide, isSettled, type View } from './decide.ts';
import { type Fitted, fit } from './fit.ts';
import type { Judgement } from './judge.ts';
import { held, tallied, tallyOf } from './removals.ts';
import { keepsModes, viewOf } from './view.ts';

type Landing = Extract<Decision, { kind: 'land' }>;

/** A decision about one unit, and what it rests on. */
export interface Decided<D extends Decision = Decision> {
  readonly fitted: Fitted;
  readonly view: View;
  readonly decision: D;
}

/** Decides what becomes of one unit, and drafts it: a commit, an adoption, a wait, or nothing. */
export async function release(batch: Batch, concern: Concern, judgement: Judgement): Promise<void> {
  const { unit } = concern;
  const { desired, content, object } = judgement;
  if (batch.isStopped(concern)) return;
  if (desired === null) {
    if (judgement.refusals.length === 0) batch.nothing(concern, judgement.why);
    return;
  }
  const settled = isSettled(batch.state(unit.id), desired, unit.mirror);
  if (settled !== null) return batch.nothing(concern, settled);
  const { fitted, view, decision } = await consider(batch, unit, desired, content);
  if (decision.kind === 'nothing') return batch.nothing(concern, decision.why);
  if (decision.kind === 'wait') {
    const [path = ''] = decision.obstacle.paths;
    batch.wait(unit, desired, decision.obstacle, view.taken.get(path) ?? null);
    return;
  }
  const decided = { fitted, view, decision };
  if (Object.keys(decision.edits).length === 0) return adopt(batch, unit, decided);
  const { part, written } = draft(batch, concern, object, decided);
  await commitRelease(batch, [part], written);
  await conclude(batch, unit, part.before, decided);
}

/** Fits what a unit should be to the tree, and decides. `wanted`: what images are released together with it. */
export async function consider(
  batch: Batch,
  unit: Unit,
  desired: Desired,
  content: Content | null,
  wanted?: ReadonlyMap<string, Wanted>,
): Promise<Decided> {
  const { main } = batch.round;
  const recorded = placesOf(batch.state(unit.id));
  const fitted = await fit(batch, unit, desired, content, wanted);
  const paths = [...new Set([...Object.keys(recorded), ...Object.keys(fitted.desired.places)])];
  await main.open(paths);
  const same = batch.masks.same.bind(batch.masks);
  const view = await viewOf(main, unit, paths, recorded, () => batch.owners(), same);
  const { edited } = fitted;
  if (edited.length > 0) {
    const obstacle = { reason: 'PlaceEdited' as const, paths: edited };
    return { fitted, view, decision: { kind: 'wait', obstacle } };
  }
  return { fitted, view, decision: decide(batch.state(unit.id), fitted.desired, view, unit.mirror) };
}

/** What is asked for stands already, put there by a person: the ledger learns it, and no commit is made. */
export function adopt(batch: Batch, unit: Unit, { fitted, view, decision }: Decided<Landing>): void {
  const before = batch.state(unit.id);
  const { desired } = fitted;
  const { version, content } = desired;
  const state = after(before, { ...blank(batch, unit.rule, desired), changed: decision.changed }, view.present);
  batch.put(state);
  tally(batch, unit, before, state);
  const known = recordOf(before)?.content === content;
  if (!known) batch.events.push({ ...batch.event(unit.id, desired.source), type: 'adopted', version, content });
}

/** A unit's part of a commit, and what the commit does and says if it is the only one. */
export function draft(
  batch: Batch,
  { unit, changes }: Concern,
  object: ObjectContent | null,
  { fitted: { desired, objects }, view: { present }, decision: { edits, changed } }: Decided<Landing>,
): { readonly part: Part; readonly written: Written } {
  const before = batch.state(unit.id);
  const record = recordOf(before);
  const event = object === null ? null : eventOf(object, changes);
  const made = { ...blank(batch, unit.rule, desired), changed, publisher: event?.publisher ?? null };
  const moved = record?.content === desired.content && record.root !== desired.root;
  const named = { unit, release: made, previous: record?.version ?? null, moved, edits };
  const written = {
    edits: entries(batch.round.main, unit, edits),
    objects: needed(edits, objects),
    summary: subjectOf(named),
    body: bodyOf(named, present),
    claims: claimsOf(object?.metadata ?? {}),
    changedAt: event?.at ?? null,
  };
  return { part: { before, made, stood: present }, written };
}

/** What else changes once a unit's commit is drafted: whose its paths are, how many it holds, notes that are outdated. */
export async function conclude(batch: Batch, unit: Unit, before: UnitState, decided: Decided<Landing>): Promise<void> {
  const { fitted, view, decision } = decided;
  await inherit(batch, view.inherited);
  noteReferences(batch, fitted.brought);
  batch.claim(unit.id, decision.edits);
  tally(batch, unit, before, batch.state(unit.id));
  const upload = objectOf(fitted.desired.source);
  if (upload !== null && wasTurnedAway(before, upload.key)) batch.redeemed.push(upload);
}

/** What the commit writes: files that say nothing of executable bits keep theirs. */
function entries(main: Draft, unit: Unit, edits: Places): Map<string, Entry | null> {
  const blind = keepsModes(unit);
  return new Map(
    Object.entries(edits).map(([path, standing]) => {
      const entry = entryOf(standing);
      const executable = blind && main.entry(path)?.mode === '100755';
      return [path, entry !== null && executable ? { ...entry, mode: '100755' } : entry];
    }),
  );
}

/** The objects that the commit's entries need: for files only those that change, for a chart its whole folder. */
function needed(edits: Places, objects: Objects): Objects {
  const changed = new Set(Object.values(edits).map((standing) => entryOf(standing)?.oid));
  const folders = [...objects.values()].some(({ type }) => type === 'tree');
  return folders ? objects : new Map([...objects].filter(([oid]: [Oid, GitObject]) => changed.has(oid)));
}

/** Takes paths over from units that no rule reaches any more. */
async function inherit(batch: Batch, inherited: Places): Promise<void> {
  if (Object.keys(inherited).length === 0) return;
  const owners = await batch.owners();
  for (const [unit, paths] of Map.groupBy(Object.keys(inherited), (path) => owners.get(path)?.unit ?? ''))
    batch.put(relinquished(batch.state(unit), paths, batch.now.toISOString()));
}

/** Counts the places that a unit's mirror holds. */
export function tally(batch: Batch, { mirror }: Unit, before: UnitState, state: UnitState): void {
  const places = held(state) - held(before);
  const removed = recordOf(state)?.content === REMOVED ? -places : 0;
  const next = tallied(tallyOf(batch.head, mirror), { places, removed }, batch.now);
  batch.head = { ...batch.head, mirrors: { ...batch.head.mirrors, [mirror.name]: next } };
}

export function wasTurnedAway({ rejected, waiting }: UnitState, key: string): boolean {
  return waiting !== null || Object.values(rejected).some(({ source }) => objectOf(source)?.key === key);
}
