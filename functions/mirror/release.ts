import type { Draft } from '../../shared/git/draft.ts';
import type { Entry, GitObject, Objects, Oid } from '../../shared/git/object.ts';
import {
  entryOf,
  objectOf,
  type Places,
  placesOf,
  REMOVED,
  recordOf,
  relinquished,
  type UnitState,
} from '../../shared/ledger/state.ts';
import type { Unit } from '../../shared/unit/unit.ts';
import { claimsOf, eventOf } from './attribution.ts';
import type { Batch } from './batch.ts';
import { after, blank, commitRelease } from './commit.ts';
import type { Concern } from './concern.ts';
import { type Decision, type Desired, decide, type View } from './decide.ts';
import type { Judgement } from './judge.ts';
import { bodyOf, subjectOf } from './message.ts';
import { held, tallied, tallyOf } from './removals.ts';
import { keepsModes, viewOf } from './view.ts';

type Landing = Extract<Decision, { kind: 'land' }>;

/** Decides what becomes of one unit, and drafts it: a commit, an adoption, a wait, or nothing. */
export async function release(batch: Batch, concern: Concern, judgement: Judgement): Promise<void> {
  const { unit } = concern;
  const { desired } = judgement;
  if (desired === null) {
    if (judgement.refusals.length === 0) batch.nothing(concern, judgement.why);
    return;
  }
  const { main } = batch.round;
  const state = batch.state(unit.id);
  const recorded = placesOf(state);
  const paths = [...new Set([...Object.keys(recorded), ...Object.keys(desired.places)])];
  await main.open(paths);
  const view = await viewOf(main, unit, paths, recorded, () => batch.owners());
  const decision = decide(state, desired, view, unit.mirror);
  if (decision.kind === 'nothing') return batch.nothing(concern, decision.why);
  if (decision.kind === 'wait') {
    const [path = ''] = decision.obstacle.paths;
    batch.wait(unit, desired, decision.obstacle, view.taken.get(path) ?? null);
    return;
  }
  if (Object.keys(decision.edits).length === 0) adopt(batch, unit, desired, decision, view);
  else await land(batch, concern, judgement, desired, decision, view);
}

/** What is asked for stands already, put there by a person: the ledger learns it, and no commit is made. */
function adopt(batch: Batch, unit: Unit, desired: Desired, { changed }: Landing, { present }: View): void {
  const before = batch.state(unit.id);
  const { version, content } = desired;
  const state = after(before, { ...blank(batch, unit.rule, desired), changed }, present);
  batch.put(state);
  tally(batch, unit, before, state);
  const known = recordOf(before)?.content === content;
  if (!known) batch.events.push({ ...batch.event(unit.id, desired.source), type: 'adopted', version, content });
}

async function land(
  batch: Batch,
  { unit, changes }: Concern,
  { content, object }: Judgement,
  desired: Desired,
  { edits, changed }: Landing,
  { present, inherited }: View,
): Promise<void> {
  const { main } = batch.round;
  const before = batch.state(unit.id);
  const record = recordOf(before);
  const event = object === null ? null : eventOf(object, changes);
  const made = { ...blank(batch, unit.rule, desired), changed, publisher: event?.publisher ?? null };
  const moved = record?.content === desired.content && record.root !== desired.root;
  const named = { unit, release: made, previous: record?.version ?? null, moved, edits };

  const [state = before] = await commitRelease(batch, [{ before, made, stood: present }], {
    edits: entries(main, unit, edits),
    objects: needed(edits, content?.objects ?? new Map()),
    summary: subjectOf(named),
    body: bodyOf(named, present),
    claims: claimsOf(object?.metadata ?? {}),
    changedAt: event?.at ?? null,
  });
  await inherit(batch, inherited);
  batch.claim(unit.id, edits);
  tally(batch, unit, before, state);
  const upload = objectOf(desired.source);
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

function tally(batch: Batch, { mirror }: Unit, before: UnitState, state: UnitState): void {
  const places = held(state) - held(before);
  const removed = recordOf(state)?.content === REMOVED ? -places : 0;
  const next = tallied(tallyOf(batch.head, mirror), { places, removed }, batch.now);
  batch.head = { ...batch.head, mirrors: { ...batch.head.mirrors, [mirror.name]: next } };
}

function wasTurnedAway({ rejected, waiting }: UnitState, key: string): boolean {
  return waiting !== null || Object.values(rejected).some(({ source }) => objectOf(source)?.key === key);
}
