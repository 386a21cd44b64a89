import type { Draft } from '../../shared/git/draft.ts';
import type { Entry, GitObject, Objects, Oid } from '../../shared/git/object.ts';
import {
  entryOf,
  type Places,
  placesOf,
  REMOVED,
  type Release,
  recordOf,
  relinquished,
  type UnitState,
  withRelease,
} from '../../shared/ledger/state.ts';
import { renderRecord } from '../../shared/ledger/trailer.ts';
import type { Unit } from '../../shared/unit/unit.ts';
import { claimsOf, eventOf } from './attribution.ts';
import type { Batch } from './batch.ts';
import type { Concern } from './concern.ts';
import { type Decision, type Desired, decide, type View } from './decide.ts';
import type { Judgement } from './judge.ts';
import { releaseMessage, subjectOf } from './message.ts';
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
  const state = after(before, { ...blank(batch, unit, desired), changed }, present);
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
  const { deps, round } = batch;
  const { source } = desired;
  const before = batch.state(unit.id);
  const newest = before.releases.findLast((past) => past.release !== null)?.release ?? undefined;
  const event = object === null ? null : eventOf(object, changes);
  const publisher = event?.publisher ?? null;
  const claims = claimsOf(object?.metadata ?? {});
  const previous = recordOf(before)?.version ?? null;
  const moved = recordOf(before)?.content === desired.content && recordOf(before)?.root !== desired.root;

  const nameless = { ...blank(batch, unit, desired), changed, publisher, release: deps.newId(newest) };
  const summary = subjectOf({ unit, release: nameless, previous, moved, edits });
  const made = { ...nameless, summary };
  const state = after(before, made, present);
  const record = renderRecord(deps.deployment, state);
  const ledger = round.ledger.tip;
  const commit = await round.main.commit({
    edits: entries(round.main, unit, edits),
    objects: needed(edits, content?.objects ?? new Map()),
    message: releaseMessage({ unit, release: made, previous, moved, edits, present, claims, ledger, record }),
    identity: batch.identity,
    signer: round.signer,
  });

  batch.put({ ...state, releases: state.releases.with(-1, { ...made, commit }) });
  await inherit(batch, inherited);
  batch.claim(unit.id, edits);
  tally(batch, unit, before, state);
  if (source !== null && wasTurnedAway(before, source.key)) batch.redeemed.push(source);
  batch.landed(unit.id, { ...made, commit }, claims, event?.at ?? null);
}

/** A release as far as the desired content tells it. */
function blank(batch: Batch, unit: Unit, { version, content, root, source }: Desired): Release {
  const at = batch.now.toISOString();
  const open = { release: null, publisher: null, summary: '', commit: null, verdict: null, changed: {} };
  return { ...open, version, content, rule: unit.mirror.digest, root, source, at };
}

/** The state after a release. Something new on its place ends the hold on its removal. */
function after(state: UnitState, made: Release, stood: Places): UnitState {
  const next = withRelease(state, made, stood);
  const held = made.content === REMOVED ? next.held : next.held.filter((content) => content !== REMOVED);
  return { ...next, held, expired: false };
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
  return waiting !== null || Object.values(rejected).some(({ source }) => source?.key === key);
}
