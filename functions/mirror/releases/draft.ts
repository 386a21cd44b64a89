import { Rejected } from '../../../shared/errors.ts';
import { oidOf } from '../../../shared/git/object.ts';
import { recordOf } from '../../../shared/ledger/state.ts';
import { candidatesOf, choose } from '../../../shared/unit/choose.ts';
import { chooseImage } from '../../../shared/unit/choose-image.ts';
import type { Unit } from '../../../shared/unit/unit.ts';
import type { Batch } from '../batch.ts';
import type { Part, Written } from '../commit.ts';
import { type Content, readContent } from '../files/content.ts';
import type { Decision, Obstacle } from '../files/decide.ts';
import { refuseRepublished } from '../files/judge.ts';
import { settleAll } from '../files/plan.ts';
import { consider, type Decided, draft } from '../files/release.ts';
import { succeed } from '../files/succeed.ts';
import { decideImage, type Edit } from '../images/decide.ts';
import { bodyOf, editFiles, partOf } from '../images/land.ts';
import { floorOf, placedOf, settle } from '../images/plan.ts';
import type { Wanted } from '../images/recorded.ts';
import type { ImageMember, ObjectMember } from './members.ts';

/** One unit's share of a release that lands together. */
export interface Draft {
  readonly unit: Unit;
  readonly part: Part;
  readonly written: Written;
  readonly decided: Decided<Extract<Decision, { kind: 'land' }>>;
}

/** What keeps a whole release waiting: for a person, or for whoever holds a place. */
interface Waiting {
  readonly wait: Obstacle;
  readonly owner: string | null;
}

/** Drafts the files and charts of a release. Throws Rejected where one of them must not land. */
export async function draftObjects(
  batch: Batch,
  members: readonly ObjectMember[],
  wanted: ReadonlyMap<string, Wanted>,
): Promise<{ readonly drafts: readonly Draft[] } | Waiting> {
  const units = members.map(({ unit }) => unit);
  await batch.round.ledger.load(units.map(({ id }) => id));
  await succeed(batch, units);
  await settleAll(batch, units);
  const drafts: Draft[] = [];
  for (const { unit, object } of members) {
    if (object === null) continue;
    refuseStopped(batch, unit.id);
    const content = await contentOf(batch, unit, object);
    if (content === null) continue;
    const { decision, fitted, view } = await consider(batch, unit, content.desired, content, wanted);
    if (decision.kind === 'nothing') continue;
    if (decision.kind === 'wait') {
      const [path = ''] = decision.obstacle.paths;
      return { wait: decision.obstacle, owner: view.taken.get(path) ?? null };
    }
    const decided = { decision, fitted, view };
    drafts.push({ unit, decided, ...draft(batch, { unit, changes: [] }, object, decided) });
  }
  return { drafts };
}

/** What a member brings; null when that stands already. */
async function contentOf(
  batch: Batch,
  unit: Unit,
  object: NonNullable<ObjectMember['object']>,
): Promise<Content | null> {
  const state = batch.state(unit.id);
  const [candidate] = candidatesOf(unit, [object]);
  if (candidate === undefined) throw refused(object.key, 'it is no candidate of its mirror');
  const content = await readContent(unit, candidate, object);
  refuseRepublished(unit, state, content.desired);
  const choice = choose(unit, state, [candidate], new Map([[candidate, content.desired.content]]));
  if (choice.kind === 'land' || choice.kind === 'relocate') return content;
  if (recordOf(state)?.content === content.desired.content) return null;
  throw refused(object.key, choice.kind === 'stay' ? choice.why : 'it is gone');
}

/** Drafts the images of a release, on top of its files. Throws Rejected where one of them must not land. */
export async function draftImages(
  batch: Batch,
  members: readonly ImageMember[],
  drafts: readonly Draft[],
): Promise<
  | { readonly parts: readonly Part[]; readonly written: Pick<Written, 'edits' | 'objects'>; readonly body: string[] }
  | Waiting
> {
  const units = members.map(({ unit }) => unit);
  await batch.round.ledger.load(units.map(({ id }) => id));
  const { references } = batch;
  const index = new Map((await references.everywhere(units.map(({ image }) => image))).map((one) => [one.path, one]));
  for (const unit of units) settle(batch, unit, placedOf(unit, index));
  const before = new Map(index);
  const ours = new Set<string>();
  for (const { decided } of drafts) {
    for (const [path, standing] of Object.entries(decided.decision.edits)) if (standing === null) index.delete(path);
    for (const { path, bytes } of decided.fitted.files) {
      ours.add(path);
      if (references.covering(path).length > 0)
        index.set(path, references.inside(path, oidOf({ type: 'blob', bytes }), bytes));
    }
  }

  const parts: Part[] = [];
  const edits: Edit[] = [];
  for (const { unit, wanted } of members) {
    refuseStopped(batch, unit.id);
    const state = batch.state(unit.id);
    const placed = placedOf(unit, index);
    const tags = [{ ...wanted, pushedAt: null }];
    const choice = chooseImage(unit, state, tags, floorOf(unit, state, placed), new Map());
    if (choice.kind !== 'want' || choice.digest !== wanted.digest)
      throw refused(`${unit.image.written}:${wanted.tag}`, choice.kind === 'read' ? 'it is unknown' : choice.why);
    const decision = decideImage(unit, state, placed, wanted, choice.why);
    if (decision.kind === 'wait') return { wait: decision, owner: null };
    if (decision.kind === 'nothing') continue;
    parts.push(partOf(batch, { unit, changes: [] }, [...placed, ...placedOf(unit, before)], wanted, decision));
    edits.push(...decision.edits);
  }
  const twice = edits.find(({ path }) => ours.has(path));
  if (twice !== undefined) throw refused(`${twice.path}:${twice.reference.line}`, 'its reference could not be set');
  return { parts, written: await editFiles(batch, edits), body: bodyOf(edits) };
}

/** A unit of which nothing more lands until a person lets it. */
function refuseStopped(batch: Batch, id: string): void {
  if (batch.state(id).stopped !== undefined) throw refused(id, 'a release of it failed, and its rule stopped it');
}

function refused(what: string, why: string): Rejected {
  return new Rejected('ReleaseMemberRefused', `The release file names ${what}, which can't land: ${why}.`, {
    hint: 'Name what may land, or lift what holds it; then upload the release file again.',
    facts: { what, why },
  });
}
